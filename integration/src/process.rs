//! A child process with its output in a file: killed when dropped, shown when a test fails.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::eventually::eventually;

/// Lines of a log that a failed test prints.
const SHOWN: usize = 60;

/// A running child.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command`; what it writes to stdout and stderr is appended to `log`.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(name: &str, command: &mut Command, log: &Path) -> Self {
        let file = File::options()
            .create(true)
            .append(true)
            .open(log)
            .expect("a log can be made");
        let errors = file.try_clone().expect("a file handle can be copied");
        let child = command
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {command:?}: {error}"));
        Self {
            name: name.to_owned(),
            child,
            log: log.to_owned(),
        }
    }

    /// What it wrote so far.
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended; `None` while it runs.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child
            .try_wait()
            .expect("a child of ours can be waited for")
    }

    /// Fails the test, with the log, when it has ended.
    pub fn must_run(&mut self) {
        if let Some(status) = self.ended() {
            panic!(
                "{} ended by itself, {status}:\n{}",
                self.name,
                last_lines(&self.log())
            );
        }
    }

    /// Kills it as `kill -9` does: it is told nothing and can finish nothing.
    pub fn kill(&mut self) {
        // Fails only when it has ended already, and then there is nothing to kill.
        self.child.kill().ok();
        self.child
            .wait()
            .expect("a child of ours can be waited for");
    }

    /// Asks it to end (SIGTERM) and waits until it has.
    ///
    /// # Panics
    /// When it still runs after `bound`.
    pub async fn stop(&mut self, bound: Duration) -> ExitStatus {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(id.expect("a child has an id"), Signal::TERM).expect("it runs");
        let what = format!("{} ends when asked to", self.name);
        let child = &mut self.child;
        eventually(&what, bound, || {
            let ended = child.try_wait().expect("a child of ours can be waited for");
            async move { ended.ok_or("still runs") }
        })
        .await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("---- {} said ----\n{}", self.name, last_lines(&self.log()));
        }
    }
}

fn last_lines(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    let skipped = lines.len().saturating_sub(SHOWN);
    let note = if skipped > 0 {
        format!("({skipped} lines before)\n")
    } else {
        String::new()
    };
    note + &lines[skipped..].join("\n")
}
