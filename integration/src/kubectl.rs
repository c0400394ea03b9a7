//! `kubectl`, pointed at a netloft, with a home of its own: nothing of the user's is read.

use std::path::Path;

use tempfile::TempDir;

use crate::{
    binary,
    netloft::{Netloft, Output, run_program},
};

/// One user's kubectl.
#[derive(Debug)]
pub struct Kubectl {
    server: String,
    home: TempDir,
}

impl Kubectl {
    /// One that talks to `netloft`.
    ///
    /// # Panics
    /// When there is no temporary folder.
    #[must_use]
    pub fn of(netloft: &Netloft) -> Self {
        Self {
            server: format!("http://{}", netloft.http()),
            home: tempfile::tempdir().expect("the temporary folder can be written"),
        }
    }

    /// Its home.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Runs `kubectl WORDS`.
    pub async fn run(&self, words: &[&str]) -> Output {
        self.run_with(words, &[]).await
    }

    /// Runs `kubectl WORDS` with further `variables`.
    pub async fn run_with(&self, words: &[&str], variables: &[(&str, &str)]) -> Output {
        let home = self.home.path().to_string_lossy();
        let home = [("HOME", &*home), ("KUBECONFIG", "/dev/null")];
        let words = [&["--server", &*self.server], words].concat();
        let variables = [home.as_slice(), variables].concat();
        run_program(binary::kubectl(), &words, &variables).await
    }

    /// Writes `text` into a file; returns its path.
    ///
    /// # Panics
    /// When it cannot be written.
    #[must_use]
    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.home.path().join(name);
        std::fs::write(&path, text).expect("the temporary folder can be written");
        path.to_string_lossy().into_owned()
    }
}
