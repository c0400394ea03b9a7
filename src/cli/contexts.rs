//! The servers a user works with, by name, in one file of the user's own.
//!
//! `$XDG_CONFIG_HOME/netloft/config.yaml`, else `~/.config/netloft/config.yaml`. What a flag or the
//! environment says goes before it (`connection`).
//!
//! Absent on purpose: credentials. There are none yet, and they will not lie in this file.

use std::{fs, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::{Failure, output::yaml};

/// Where the file is.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Place {
    /// File that contexts are kept in [default: netloft/config.yaml in the user's config directory]
    #[arg(
        long,
        value_name = "FILE",
        env = "NETLOFT_CONFIG",
        hide_short_help = true
    )]
    config: Option<PathBuf>,

    #[arg(long, hide = true, env = "XDG_CONFIG_HOME")]
    config_home: Option<PathBuf>,

    #[arg(long, hide = true, env = "HOME")]
    home: Option<PathBuf>,
}

/// What the file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Contexts {
    /// The one that is used where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) current: Option<String>,
    /// By name.
    #[serde(default)]
    pub(super) contexts: Vec<Context>,
}

/// A server, and how it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Context {
    /// What the user calls it.
    pub(super) name: String,
    /// URL of its REST API.
    pub(super) server: String,
    /// Namespace of what names none; `default` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) namespace: Option<String>,
}

impl Contexts {
    pub(super) fn named(&self, name: &str) -> Result<&Context, Failure> {
        let found = self.contexts.iter().find(|context| context.name == name);
        found.ok_or_else(|| {
            let known: Vec<&str> = self.contexts.iter().map(|context| &*context.name).collect();
            let known = match known.is_empty() {
                true => "there is none yet".to_owned(),
                false => format!("there are {}", known.join(", ")),
            };
            Failure::not_found(format!("no context is called {name:?}: {known}"))
                .next("netloft context add NAME --server URL")
        })
    }
}

impl Place {
    /// The file's path; none where the environment tells no home.
    pub(super) fn path(&self) -> Option<PathBuf> {
        if let Some(config) = &self.config {
            return Some(config.clone());
        }
        let config = self.config_home.clone().filter(|dir| dir.is_absolute());
        config
            .or_else(|| self.home.as_ref().map(|home| home.join(".config")))
            .map(|config| config.join("netloft/config.yaml"))
    }

    /// What the file holds; nothing where it is not there.
    pub(super) fn read(&self) -> Result<Contexts, Failure> {
        let Some(path) = self.path() else {
            return Ok(Contexts::default());
        };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Contexts::default());
            }
            Err(error) => return Err(unusable(&path, error)),
        };
        serde_saphyr::from_str(&text).map_err(|error| unusable(&path, error))
    }

    /// Writes it anew, whole or not at all.
    pub(super) fn write(&self, contexts: &Contexts) -> Result<(), Failure> {
        let path = self.path().ok_or_else(|| {
            Failure::usage("neither HOME nor XDG_CONFIG_HOME is set: name a file by --config FILE")
        })?;
        let text = yaml(contexts)?;
        let beside = path.with_extension("yaml.new");
        let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
        folder
            .and_then(|()| fs::write(&beside, text))
            .and_then(|()| fs::rename(&beside, &path))
            .map_err(|error| unusable(&path, error))
    }
}

fn unusable(path: &std::path::Path, error: impl std::fmt::Display) -> Failure {
    Failure::other(format!("{}: {error}", path.display()))
        .next("mend that file, or name another by --config FILE")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(folder: &tempfile::TempDir) -> Place {
        Place {
            config_home: Some(folder.path().to_owned()),
            ..Place::default()
        }
    }

    #[test]
    fn what_is_written_is_read_back_and_no_file_is_no_context() {
        let folder = tempfile::tempdir().unwrap();
        let place = at(&folder);
        assert_eq!(place.read().unwrap(), Contexts::default());
        let contexts = Contexts {
            current: Some("staging".to_owned()),
            contexts: vec![Context {
                name: "staging".to_owned(),
                server: "http://127.0.0.1:7800".to_owned(),
                namespace: Some("shop".to_owned()),
            }],
        };
        place.write(&contexts).unwrap();
        assert_eq!(place.read().unwrap(), contexts);
        assert!(contexts.named("prod").is_err());
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told_by_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let place = at(&folder);
        fs::create_dir_all(folder.path().join("netloft")).unwrap();
        fs::write(folder.path().join("netloft/config.yaml"), "contxts: []").unwrap();
        let failure = place.read().unwrap_err();
        assert!(failure.to_string().contains("config.yaml"), "{failure}");
    }

    #[test]
    fn the_users_folder_is_found_as_xdg_says() {
        let path = |config_home: Option<&str>, home: Option<&str>| {
            Place {
                config: None,
                config_home: config_home.map(Into::into),
                home: home.map(Into::into),
            }
            .path()
        };
        let found = |text: &str| Some(PathBuf::from(text));
        assert_eq!(
            path(Some("/c"), Some("/h")),
            found("/c/netloft/config.yaml")
        );
        assert_eq!(
            path(Some("c"), Some("/h")),
            found("/h/.config/netloft/config.yaml")
        );
        assert_eq!(path(None, None), None);
    }
}
