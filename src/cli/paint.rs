//! Colours, and the signs that a terminal may not know.
//!
//! Text is made with its colours; what writes it takes them off where they are not wanted: not a
//! terminal, `NO_COLOR`, `TERM=dumb`, `--color never`; `CLICOLOR_FORCE` keeps them. Forms for
//! programs (JSON, YAML, names) never have any.

use std::sync::atomic::{AtomicBool, Ordering};

/// When output is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Colour {
    /// On a terminal that can, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Everywhere
    Always,
    /// Nowhere
    Never,
}

/// What is known of the terminal before a verb runs. The variables are those of POSIX.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Terminal {
    /// When output is coloured; NO_COLOR and CLICOLOR_FORCE are heeded
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Colour::Auto)]
    color: Colour,

    #[arg(long, global = true, hide = true, hide_env = true, env = "LC_ALL")]
    lc_all: Option<String>,
    #[arg(long, global = true, hide = true, hide_env = true, env = "LC_CTYPE")]
    lc_ctype: Option<String>,
    #[arg(long, global = true, hide = true, hide_env = true, env = "LANG")]
    lang: Option<String>,
}

/// Written by [`Terminal::use_it`] alone, before anything is shown.
static ASCII: AtomicBool = AtomicBool::new(false);

impl Terminal {
    /// Makes all output of this process heed it.
    pub fn use_it(&self) {
        let choice = match self.color {
            Colour::Auto => anstream::ColorChoice::Auto,
            Colour::Always => anstream::ColorChoice::Always,
            Colour::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
        ASCII.store(!self.knows_unicode(), Ordering::Relaxed);
    }

    /// Unless a locale is set that has another encoding. Where none is set nothing is known, and
    /// terminals of today know Unicode.
    fn knows_unicode(&self) -> bool {
        let set = [&self.lc_all, &self.lc_ctype, &self.lang];
        let mut set = set.into_iter().flatten().filter(|name| !name.is_empty());
        set.next().is_none_or(|name| {
            let name = name.to_lowercase();
            name.contains("utf-8") || name.contains("utf8")
        })
    }
}

/// What a part of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// As wanted; an added line.
    Good,
    /// Not as wanted; a removed line.
    Bad,
    /// Worth a look.
    Warning,
    /// A heading, a name.
    Strong,
    /// Beside the point.
    Faint,
    /// A place, a command to type.
    Place,
}

impl Ink {
    /// `text` in this colour.
    pub(super) fn on(self, text: impl AsRef<str>) -> String {
        let text = text.as_ref();
        if text.is_empty() {
            return String::new();
        }
        let code = match self {
            Self::Good => "32",
            Self::Bad => "31",
            Self::Warning => "33",
            Self::Strong => "1",
            Self::Faint => "2",
            Self::Place => "36",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// `text` without its colours.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut escape = false;
    for c in text.chars() {
        match (escape, c) {
            (false, '\x1b') => escape = true,
            (false, c) => plain.push(c),
            (true, 'm') => escape = false,
            (true, _) => {}
        }
    }
    plain
}

/// How many columns `text` takes, its colours not counted.
pub(super) fn width(text: &str) -> usize {
    plain(text).chars().count()
}

/// `text` with the signs this terminal knows, each as wide as before.
pub(super) fn signs(text: &str) -> String {
    if ASCII.load(Ordering::Relaxed) {
        ascii(text)
    } else {
        text.to_owned()
    }
}

fn ascii(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '✔' => '+',
            '✖' => 'x',
            '…' => '~',
            '–' => '-',
            '→' => '>',
            '·' => '*',
            other => other,
        })
        .collect()
}

/// What is not ours to print as it is: characters that would move the cursor or change its colour.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terminal(lc_all: &str, lang: &str) -> Terminal {
        Terminal {
            lc_all: Some(lc_all.to_owned()),
            lang: Some(lang.to_owned()),
            ..Terminal::default()
        }
    }

    #[test]
    fn the_first_locale_that_is_set_tells_whether_signs_are_known() {
        assert!(Terminal::default().knows_unicode());
        for (lc_all, lang, knows) in [
            ("", "", true),
            ("", "de_DE.UTF-8", true),
            ("", "C", false),
            ("C", "de_DE.UTF-8", false),
            ("C.utf8", "POSIX", true),
        ] {
            assert_eq!(
                terminal(lc_all, lang).knows_unicode(),
                knows,
                "{lc_all}, {lang}"
            );
        }
    }

    #[test]
    fn colours_and_signs_change_no_width() {
        let text = "✔ 3 … – → · ✖";
        assert_eq!(width(&Ink::Good.on(text)), 13);
        assert_eq!(width(&ascii(text)), 13);
        assert!(ascii(text).is_ascii());
    }
}
