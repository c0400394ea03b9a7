//! Terminals in which a page's commands are typed.

use std::{path::Path, process::Stdio, time::Duration};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout},
    time::timeout,
};

use crate::{
    binary,
    eventually::{SOON, ensure, eventually},
    process::Process,
    readme::{Step, shows},
};

/// Longest that one command of a page may take.
const COMMAND_BOUND: Duration = Duration::from_secs(120);

/// What a shell prints after each command, to tell where its output ends.
const END: &str = "--end of output--";

/// One shell for the commands that end, and one for each that goes on running.
#[derive(Debug)]
pub struct Terminals {
    variables: Vec<(String, String)>,
    replaced: Vec<(String, String)>,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    running: Vec<Process>,
    logs: TempDir,
    // Killed when dropped.
    _shell: Child,
}

impl Terminals {
    /// Opens a shell at the root of the repository, with `variables` in its environment.
    ///
    /// In every command and expected output the first of each pair in `replaced` becomes the second:
    /// ports and folders of a test are its own.
    ///
    /// # Panics
    /// When there is no bash.
    #[must_use]
    pub fn open(variables: &[(&str, &str)], replaced: &[(&str, &str)]) -> Self {
        let owned = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs
                .iter()
                .map(|&(a, b)| (a.to_owned(), b.to_owned()))
                .collect()
        };
        let mut shell = tokio::process::Command::new("bash")
            .args(["--noprofile", "--norc"])
            .current_dir(binary::root())
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("bash runs");
        let input = shell.stdin.take().expect("its input is piped");
        let output = BufReader::new(shell.stdout.take().expect("its output is piped"));
        Self {
            variables: owned(variables),
            replaced: owned(replaced),
            input,
            output,
            running: Vec::new(),
            logs: tempfile::tempdir().expect("the temporary folder can be written"),
            _shell: shell,
        }
    }

    /// `text` as it is in this test.
    #[must_use]
    pub fn here(&self, text: &str) -> String {
        // In one pass: what was put in is not looked at again, a port may hold another's digits.
        let mut changed = String::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            match self
                .replaced
                .iter()
                .find(|(from, _)| rest.starts_with(from))
            {
                Some((from, to)) => {
                    changed.push_str(to);
                    rest = &rest[from.len()..];
                }
                None => {
                    changed.push(next);
                    rest = &rest[next.len_utf8()..];
                }
            }
        }
        changed
    }

    /// Types one command of a page and compares what it prints.
    ///
    /// # Panics
    /// When it prints or exits otherwise than the page shows.
    pub async fn type_in(&mut self, step: &Step) {
        let command = self.here(&step.command);
        let expected: Vec<String> = step.expected.iter().map(|line| self.here(line)).collect();
        if step.runs {
            return self.keep_running(step.line, &command, &expected).await;
        }
        let typing = self.run(&command);
        let (printed, code) = timeout(COMMAND_BOUND, typing)
            .await
            .unwrap_or_else(|_| panic!("line {}: {command}: takes too long", step.line));
        assert!(
            code == step.code && shows(&expected, &printed, false),
            "line {}: $ {command}\n-- printed, exit code {code} --\n{printed}\n\
             -- the page shows, exit code {} --\n{}",
            step.line,
            step.code,
            expected.join("\n")
        );
    }

    async fn run(&mut self, command: &str) -> (String, i32) {
        // The output may end within a line: the empty `echo` ends it.
        let typed = format!("{{ {command}\n}} 2>&1 </dev/null; c=$?; echo; echo \"{END} $c\"\n");
        self.input
            .write_all(typed.as_bytes())
            .await
            .expect("the shell reads");
        let mut printed = String::new();
        loop {
            let mut line = String::new();
            let read = self
                .output
                .read_line(&mut line)
                .await
                .expect("the shell writes text");
            assert!(read > 0, "the shell ended: {printed}");
            if let Some(code) = line.strip_prefix(END) {
                // The line break before the end is ours.
                printed.pop();
                return (printed, code.trim().parse().expect("a code is a number"));
            }
            printed.push_str(&line);
        }
    }

    async fn keep_running(&mut self, line: usize, command: &str, expected: &[String]) {
        let log = self.logs.path().join(line.to_string());
        let mut shell = std::process::Command::new("bash");
        // The shell becomes the command, so that the one who ends the shell ends the command.
        shell
            .args(["--noprofile", "--norc", "-c", &format!("exec {command}")])
            .current_dir(binary::root())
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        let mut process = Process::start(command, &mut shell, &log);
        eventually(&format!("line {line}: $ {command}"), SOON, || {
            process.must_run();
            let printed = process.log();
            let shown = shows(expected, &printed, true);
            async move { ensure(shown, printed) }
        })
        .await;
        self.running.push(process);
    }
}

/// Copies the files of `from` into `to`, each text as `change` makes it.
///
/// # Panics
/// When they cannot be read or written.
pub fn copy(from: &Path, to: &Path, change: impl Fn(&str) -> String) {
    std::fs::create_dir_all(to).expect("the temporary folder can be written");
    for entry in std::fs::read_dir(from).expect("the example is there") {
        let path = entry.expect("the example can be listed").path();
        let text = std::fs::read_to_string(&path).expect("an example holds text");
        let name = path.file_name().expect("a file has a name");
        std::fs::write(to.join(name), change(&text)).expect("the temporary folder can be written");
    }
}
