//! Outputs of the command line held as files: what a verb printed where, and how it ended.
//!
//! With `NETLOFT_BLESS` set the files are written instead of compared, for a person to read before
//! they are committed. What differs from run to run (times, ports, folders) is masked in both.

use std::{fs, path::PathBuf};

use regex::Regex;

use crate::{binary, netloft::Output};

/// Files of one folder, and what is masked in them.
#[derive(Debug)]
pub struct Transcripts {
    folder: PathBuf,
    masks: Vec<(Regex, &'static str)>,
    replaced: Vec<(String, String)>,
}

impl Transcripts {
    /// The files of `folder`, from the root of the repository; the first of each pair in `replaced`
    /// is written as the second.
    ///
    /// # Panics
    /// Never: the patterns are fixed.
    #[must_use]
    pub fn of(folder: &str, replaced: &[(&str, &str)]) -> Self {
        let masks = [
            (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
            (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UID"),
            (r"\b\d+(\.\d+)? ?ms\b", "N ms"),
            (r" {2,}\d+[smhd] {2,}", "   AGE   "),
            (r"\b\d+[smhd] old\b", "AGE old"),
            // The last column of a table of things that have an age.
            (r"(?m) \d+[smhd]$", " AGE"),
        ];
        let mask = |(pattern, with)| (Regex::new(pattern).expect("it is a pattern"), with);
        let owned = |&(from, to): &(&str, &str)| (from.to_owned(), to.to_owned());
        Self {
            folder: binary::root().join(folder),
            masks: masks.map(mask).into(),
            replaced: replaced.iter().map(owned).collect(),
        }
    }

    /// Compares `output` with the file called `name`.
    ///
    /// # Panics
    /// When they differ, with both; when there is no such file.
    #[track_caller]
    pub fn holds(&self, name: &str, output: &Output) {
        let path = self.folder.join(format!("{name}.txt"));
        let found = self.masked(&told(output));
        if std::env::var_os("NETLOFT_BLESS").is_some() {
            fs::create_dir_all(&self.folder).expect("the folder can be made");
            fs::write(&path, found).expect("the file can be written");
            return;
        }
        let expected = fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{name}: {error}; NETLOFT_BLESS=1 writes it"));
        assert_eq!(
            found, expected,
            "{name}\n-- found --\n{found}\n-- expected --\n{expected}"
        );
    }

    /// `text` without what differs from run to run.
    #[must_use]
    pub fn masked(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (from, to) in &self.replaced {
            text = text.replace(from, to);
        }
        for (pattern, with) in &self.masks {
            text = pattern.replace_all(&text, *with).into_owned();
        }
        text
    }
}

/// `$ netloft WORDS`, what it printed, and the exit code where it is not 0.
fn told(output: &Output) -> String {
    let mut text = format!("$ {}\n{}", output.words, output.stdout);
    if !output.stderr.is_empty() {
        text.push_str("-- stderr --\n");
        text.push_str(&output.stderr);
    }
    if !text.ends_with('\n') {
        text.push_str("(no line end)\n");
    }
    if output.code != 0 {
        text.push_str(&format!("[{}]\n", output.code));
    }
    text
}
