//! Which server a verb talks to, and in which namespace.
//!
//! A flag goes before the environment, the environment before the chosen context, and that before
//! the server on this machine. `--server` goes before `--context` where both are given.

use clap::{ArgMatches, Command, FromArgMatches, error::Error, parser::ValueSource};

use clap_complete::engine::ArgValueCandidates;

use super::{Failure, complete, contexts};
use crate::model::DEFAULT_NAMESPACE;

/// Where a server listens unless it is told otherwise.
const HERE: &str = "http://127.0.0.1:7700";

#[derive(Debug, Clone, Default, clap::Args)]
struct Flags {
    /// The server's REST API [default: that of the context, else http://127.0.0.1:7700]
    #[arg(long, value_name = "URL", env = "NETLOFT_SERVER")]
    server: Option<String>,

    /// The context to use instead of the current one
    #[arg(long, value_name = "NAME", env = "NETLOFT_CONTEXT", add = ArgValueCandidates::new(complete::contexts))]
    context: Option<String>,

    #[command(flatten)]
    file: contexts::Place,
}

/// Where the server is, as flags, environment and the user's file tell it.
#[derive(Debug, Clone, Default)]
pub struct Server {
    flags: Flags,
    /// Whether each was typed, rather than read from the environment.
    typed_server: bool,
    typed_context: bool,
}

/// A server that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// URL of its REST API.
    pub(super) url: String,
    /// The context that named it.
    pub(super) context: Option<String>,
    namespace: Option<String>,
}

/// The namespace that a verb works in.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct InNamespace {
    /// Namespace [default: that of the context, else default]
    #[arg(short, long, env = "NETLOFT_NAMESPACE", hide_env = true)]
    namespace: Option<String>,
}

impl InNamespace {
    /// As typed, else as the context says, else the default one.
    pub(super) fn of(&self, server: &Server) -> Result<String, Failure> {
        if let Some(namespace) = &self.namespace {
            return Ok(namespace.clone());
        }
        let found = server.found()?.namespace;
        Ok(found.unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned()))
    }
}

impl Server {
    /// All that the user's file holds.
    pub(super) fn contexts(&self) -> Result<contexts::Contexts, Failure> {
        self.flags.file.read()
    }

    /// The server that is meant.
    pub(super) fn found(&self) -> Result<Found, Failure> {
        let url = self.flags.server.as_ref();
        let name = self.flags.context.as_ref();
        match (url, name) {
            (Some(url), _) if self.typed_server => Ok(by_url(url)),
            (_, Some(name)) if self.typed_context => self.by_context(name),
            (Some(url), _) => Ok(by_url(url)),
            (None, Some(name)) => self.by_context(name),
            (None, None) => match self.flags.file.read()?.current {
                Some(name) => self.by_context(&name),
                None => Ok(by_url(HERE)),
            },
        }
    }

    fn by_context(&self, name: &str) -> Result<Found, Failure> {
        let contexts = self.flags.file.read()?;
        let context = contexts.named(name)?;
        Ok(Found {
            url: context.server.clone(),
            context: Some(context.name.clone()),
            namespace: context.namespace.clone(),
        })
    }
}

fn by_url(url: &str) -> Found {
    Found {
        url: url.to_owned(),
        context: None,
        namespace: None,
    }
}

impl FromArgMatches for Server {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let typed = |id| matches.value_source(id) == Some(ValueSource::CommandLine);
        Ok(Self {
            flags: Flags::from_arg_matches(matches)?,
            typed_server: typed("server"),
            typed_context: typed("context"),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for Server {
    fn augment_args(command: Command) -> Command {
        Flags::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Flags::augment_args_for_update(command)
    }
}

#[cfg(test)]
mod tests {
    use clap::Args as _;

    use super::*;

    /// The server found where the file's current context is `c` at `http://c`.
    fn found(server: Option<&str>, context: Option<&str>, typed: (bool, bool)) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.yaml");
        let text = "current: c\ncontexts:\n- {name: c, server: http://c}\n\
                    - {name: d, server: http://d, namespace: shop}\n";
        std::fs::write(&file, text).unwrap();
        let words = ["x", "--config", file.to_str().unwrap()];
        let matches = Flags::augment_args(Command::new("x")).get_matches_from(words);
        let mut flags = Flags::from_arg_matches(&matches).unwrap();
        flags.server = server.map(str::to_owned);
        flags.context = context.map(str::to_owned);
        let server = Server {
            flags,
            typed_server: typed.0,
            typed_context: typed.1,
        };
        let found = server.found().unwrap();
        let namespace = InNamespace::default().of(&server).unwrap();
        format!("{} {namespace}", found.url)
    }

    #[test]
    fn a_flag_goes_before_the_environment_and_that_before_the_context() {
        let (s, d) = (Some("http://s"), Some("d"));
        for (server, context, typed, expected) in [
            (None, None, (false, false), "http://c default"),
            (None, d, (false, false), "http://d shop"),
            (s, None, (false, false), "http://s default"),
            (s, d, (false, false), "http://s default"),
            (s, d, (false, true), "http://d shop"),
            (s, d, (true, false), "http://s default"),
            (s, d, (true, true), "http://s default"),
        ] {
            assert_eq!(found(server, context, typed), expected, "{typed:?}");
        }
    }
}
