//! The file that an editor is given: comments that tell what to know, and the document below.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::cli::{Failure, paint::plain};

/// Text that is being edited, in a file that only its user may read.
#[derive(Debug)]
pub(super) struct Draft {
    path: PathBuf,
    /// The document, without the comments above it.
    text: String,
}

impl Draft {
    /// A new file with the `text` of `document`.
    pub(super) fn new(document: &Value, text: &str) -> Result<Self, Failure> {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_lowercase();
        let (kind, name) = (word(&document["kind"]), word(&document["metadata"]["name"]));
        let folder = std::env::temp_dir();
        let id = std::process::id();
        let path = folder.join(format!("netloft-{kind}-{name}-{id}.yaml"));
        let draft = Self {
            path,
            text: text.to_owned(),
        };
        // What was left by another process of that number is not ours.
        let _ = fs::remove_file(&draft.path);
        let mut file = OpenOptions::new();
        let file = file
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft.path);
        let written = file.and_then(|mut file| file.write_all(draft.below(&[]).as_bytes()));
        written.map_err(|error| draft.unusable(&error))?;
        Ok(draft)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Takes what the editor left: all below the comments that it begins with.
    pub(super) fn read(&mut self) -> Result<(), Failure> {
        let text = fs::read_to_string(&self.path).map_err(|error| self.unusable(&error))?;
        let mut rest = text.as_str();
        while rest.starts_with('#') {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
        }
        rest.clone_into(&mut self.text);
        Ok(())
    }

    /// Writes the text below what is wrong with it.
    pub(super) fn write_below(&self, failure: &Failure) -> Result<(), Failure> {
        let told = |first: u32| plain(&failure.shown_in(&self.text, first));
        // How many lines there are above the text does not depend on the numbers in them.
        let above = self.above(&told(0));
        let first = u32::try_from(above.len()).unwrap_or(u32::MAX);
        self.write(&self.above(&told(first)))
    }

    /// Writes the text below what somebody else has changed since it was begun.
    pub(super) fn write_below_change(&self, newest: &Value, diff: &str) -> Result<(), Failure> {
        let revision = newest["metadata"]["resourceVersion"].as_str();
        let told = format!(
            "It was changed by somebody else, up to revision {}. Saved as it is below, your text \
             replaces that:\n\n{diff}",
            revision.unwrap_or_default()
        );
        self.write(&self.above(&told))
    }

    fn write(&self, above: &[String]) -> Result<(), Failure> {
        fs::write(&self.path, self.below(above)).map_err(|error| self.unusable(&error))
    }

    fn above(&self, told: &str) -> Vec<String> {
        let lines = told.trim_end().lines();
        let lines = lines.map(|line| format!("# {line}").trim_end().to_owned());
        let last = [
            "#".to_owned(),
            "# Left as it is, nothing is changed.".to_owned(),
        ];
        lines.chain(last).collect()
    }

    fn below(&self, above: &[String]) -> String {
        let first = "# Edit the document below. Left as it is, nothing is changed.".to_owned();
        let above = match above.is_empty() {
            true => &[first],
            false => above,
        };
        format!("{}\n{}", above.join("\n"), self.text)
    }

    /// Fails, and the text stays for the user.
    pub(super) fn keep(self, failure: Failure) -> Failure {
        failure.next(format!(
            "netloft apply -f {}, where your text is kept",
            self.path.display()
        ))
    }

    /// The text is not needed any more.
    pub(super) fn remove(self) {
        // Who cleans the folder of temporary files takes what we could not.
        let _ = fs::remove_file(&self.path);
    }

    fn unusable(&self, error: &std::io::Error) -> Failure {
        Failure::other(format!("{}: {error}", self.path.display()))
    }
}
