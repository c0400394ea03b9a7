//! Where documents are kept on this machine, as `up` and `check` find it.

use std::path::PathBuf;

use super::Failure;

/// The data directory.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct DataDir {
    /// Where documents are kept [default: the state directory of this user + /netloft]
    #[arg(long, value_name = "DIR", env = "NETLOFT_DATA_DIR")]
    data_dir: Option<PathBuf>,

    #[arg(long, hide = true, env = "XDG_STATE_HOME")]
    state_home: Option<PathBuf>,

    #[arg(long = "state-under", hide = true, env = "HOME")]
    user_home: Option<PathBuf>,
}

impl DataDir {
    /// Its path.
    ///
    /// # Errors
    /// [`Failure`] where neither a flag nor the environment tells.
    pub fn path(&self) -> Result<PathBuf, Failure> {
        if let Some(dir) = &self.data_dir {
            return Ok(dir.clone());
        }
        let state = self.state_home.clone().filter(|dir| dir.is_absolute());
        state
            .or_else(|| {
                self.user_home
                    .as_ref()
                    .map(|home| home.join(".local/state"))
            })
            .map(|state| state.join("netloft"))
            .ok_or_else(|| {
                Failure::usage("neither HOME nor XDG_STATE_HOME is set")
                    .next("name a directory by --data-dir DIR")
            })
    }
}
