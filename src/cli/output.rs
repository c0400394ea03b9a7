//! What a verb shows, in the form that was asked for.

use std::io::Write;

use serde::Serialize;

use super::{
    Failure,
    paint::{signs, width},
};

/// The form of what is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Columns, for people
    Table,
    /// JSON
    Json,
    /// YAML
    Yaml,
    /// Only names, one a line
    Name,
}

/// Which form.
#[derive(Debug, Clone, clap::Args)]
pub struct Output {
    /// Form of the output
    #[arg(short, long = "output", value_enum, default_value_t = Format::Table)]
    pub(super) output: Format,
}

impl Output {
    /// Whether it is read by people, not by programs.
    pub(super) fn is_for_people(&self) -> bool {
        self.output == Format::Table
    }

    /// Shows `value` in its form: as a whole, by the rows of `table`, or by `names`.
    ///
    /// # Errors
    /// [`Failure`] when standard output cannot be written.
    pub fn show<T: Serialize>(
        &self,
        value: &T,
        table: impl FnOnce() -> String,
        names: impl FnOnce() -> Vec<String>,
    ) -> Result<(), Failure> {
        match self.output {
            Format::Table => say(&table()),
            Format::Json => give(&format!(
                "{}\n",
                serde_json::to_string_pretty(value).map_err(Failure::other)?
            )),
            Format::Yaml => give(&yaml(value)?),
            Format::Name => give(
                &names()
                    .iter()
                    .map(|name| format!("{name}\n"))
                    .collect::<String>(),
            ),
        }
    }
}

/// The form of one whole that another program reads.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Written {
    /// Form of the output
    #[arg(short, long = "output", value_parser = ["yaml", "json"], default_value = "yaml")]
    output: String,
}

impl Written {
    /// JSON, or else YAML.
    pub(super) fn of(json: bool) -> Self {
        let output = if json { "json" } else { "yaml" };
        Self {
            output: output.to_owned(),
        }
    }

    /// `value` in that form.
    pub(super) fn text<T: Serialize>(&self, value: &T) -> Result<String, Failure> {
        if self.output == "json" {
            let text = serde_json::to_string_pretty(value).map_err(Failure::other)?;
            return Ok(format!("{text}\n"));
        }
        yaml(value)
    }
}

/// `value` as YAML.
pub(super) fn yaml<T: Serialize>(value: &T) -> Result<String, Failure> {
    // By way of JSON, so that fields stand in one order for all forms.
    let value = serde_json::to_value(value).map_err(Failure::other)?;
    let mut text = serde_saphyr::to_string(&value).map_err(Failure::other)?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

/// Writes what people read to standard output, with colours and signs as the terminal knows them.
pub(super) fn say(text: &str) -> Result<(), Failure> {
    write(anstream::stdout().lock(), &signs(text))
}

/// Writes what programs read to standard output, as it is.
pub(super) fn give(text: &str) -> Result<(), Failure> {
    write(std::io::stdout().lock(), text)
}

/// Nobody reading it any more (`| head`) is no failure.
fn write(mut out: impl Write, text: &str) -> Result<(), Failure> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::other(error)),
        _ => Ok(()),
    }
}

/// Tells a person something beside the output. Nobody reading it is no failure.
pub(super) fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Rows in columns as wide as their widest cell, three spaces apart.
#[must_use]
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = head.iter().map(|cell| width(cell)).collect();
    for row in rows {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(width(cell));
        }
    }
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut line = String::new();
        for (cell, widest) in cells.zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', widest - width(cell) + 3));
        }
        format!("{}\n", line.trim_end())
    };
    let mut text = line(&mut head.iter().copied());
    for row in rows {
        text.push_str(&line(&mut row.iter().map(String::as_str)));
    }
    text
}

/// How long ago, in the largest unit that says enough: `45s`, `12m`, `3h`, `9d`.
pub(super) fn ago(since: &str) -> String {
    let Ok(since) = since.parse::<jiff::Timestamp>() else {
        return String::new();
    };
    let seconds = jiff::Timestamp::now()
        .duration_since(since)
        .as_secs()
        .max(0);
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_lines_have_no_tail() {
        let rows = [
            vec!["a".to_owned(), "✔ 1".to_owned()],
            vec!["longer".to_owned(), String::new()],
        ];
        assert_eq!(
            table(&["NAME", "CDS"], &rows),
            "NAME     CDS\na        ✔ 1\nlonger\n"
        );
    }
}
