//! What a verb shows, in the form that was asked for.

use std::{ffi::OsStr, io::Write};

use clap::{
    Arg, Command,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
    error::ErrorKind,
};
use serde::Serialize;

use super::{
    Failure,
    jsonpath::JsonPath,
    paint::{signs, width},
};

/// The form of what is shown.
#[derive(Debug, Clone, PartialEq)]
pub enum Format {
    /// Columns, for people.
    Table,
    /// The same with more columns, where there are more.
    Wide,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// Only names, one a line.
    Name,
    /// What a template picks.
    JsonPath(JsonPath),
}

/// Reads a [`Format`], and names those there are.
#[derive(Debug, Clone, Copy)]
struct Formats;

impl TypedValueParser for Formats {
    type Value = Format;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Format, clap::Error> {
        let text = value.to_string_lossy();
        if let Some(template) = text.strip_prefix("jsonpath=") {
            let read: Result<JsonPath, _> = template.parse();
            return read.map(Format::JsonPath).map_err(|error| {
                let text = format!("{template:?} is no template: {error}\n");
                clap::Error::raw(ErrorKind::ValueValidation, text).with_cmd(command)
            });
        }
        match &*text {
            "table" => Ok(Format::Table),
            "wide" => Ok(Format::Wide),
            "json" => Ok(Format::Json),
            "yaml" => Ok(Format::Yaml),
            "name" => Ok(Format::Name),
            // Says it as clap says it of any choice.
            _ => PossibleValuesParser::new(NAMES)
                .parse_ref(command, arg, value)
                .map(|_| Format::Table),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(NAMES.into_iter().map(PossibleValue::new)))
    }
}

const NAMES: [&str; 6] = ["table", "wide", "json", "yaml", "name", "jsonpath=TEMPLATE"];

/// Which form.
#[derive(Debug, Clone, clap::Args)]
pub struct Output {
    /// Form of the output
    #[arg(short, long = "output", value_name = "FORM", value_parser = Formats, default_value = "table")]
    pub(super) output: Format,
}

impl Output {
    /// Whether it is read by people, not by programs.
    pub(super) fn is_for_people(&self) -> bool {
        matches!(self.output, Format::Table | Format::Wide)
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
        match &self.output {
            Format::Table | Format::Wide => say(&table()),
            Format::Json => give(&json(value)?),
            Format::Yaml => give(&yaml(value)?),
            Format::Name => give(
                &names()
                    .iter()
                    .map(|name| format!("{name}\n"))
                    .collect::<String>(),
            ),
            Format::JsonPath(template) => {
                let value = serde_json::to_value(value).map_err(Failure::other)?;
                give(&template.of(&value))
            }
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
            return json(value);
        }
        yaml(value)
    }
}

/// `value` as JSON.
fn json<T: Serialize>(value: &T) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value).map_err(Failure::other)?;
    Ok(format!("{text}\n"))
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
    let _ = writeln!(anstream::stderr().lock(), "{}", signs(text));
}

/// Rows in columns as wide as their widest cell, three spaces apart.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let head = head.iter().map(|&cell| cell.to_owned()).collect();
    let all: Vec<Vec<String>> = [head].into_iter().chain(rows.iter().cloned()).collect();
    lines(&all, &mut Vec::new())
}

/// Rows in columns at least as wide as `widths`, which grow with their cells.
pub(super) fn lines(rows: &[Vec<String>], widths: &mut Vec<usize>) -> String {
    for row in rows {
        widths.resize(widths.len().max(row.len()), 0);
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(width(cell));
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, widest) in row.iter().zip(widths.iter()) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', widest - width(cell) + 3));
        }
        text.push_str(line.trim_end());
        text.push('\n');
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
