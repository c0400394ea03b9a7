//! The registry of verbs: `Verb` and what runs it are made from one list.

/// Makes `Verb` and `run` of lines `Name(module)`, each with the help of its verb above it.
macro_rules! verbs {
    ($($(#[$meta:meta])* $name:ident($module:ident))*) => {
        /// A verb and its arguments.
        #[derive(Debug, clap::Subcommand)]
        pub enum Verb { $(
            $(#[$meta])*
            $name($module::Args),
        )* }

        /// Runs `verb`; what it was asked to show is on standard output then.
        ///
        /// # Errors
        /// [`Failure`]: words for people, an exit code for scripts.
        pub async fn run(verb: Verb) -> Result<(), Failure> {
            match verb { $(Verb::$name(args) => $module::run(args).await,)* }
        }
    };
}
pub(super) use verbs;
