//! The page of each code, and the index of them: what is shown on them is what is really told.
//!
//! Of a page people write what the code means, how to mend it, and what is related; the rest is put
//! there from the code's facts and its pair of files. With `NETLOFT_BLESS` set it is written instead
//! of compared.

use std::{fmt::Write as _, fs, path::PathBuf};

use super::pairs;
use crate::check::{Code, Stage};

/// What people write of a page.
struct Written<'a> {
    meaning: &'a str,
    repair: &'a str,
    related: Vec<Code>,
}

fn docs() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs")
}

fn page(code: Code) -> PathBuf {
    docs().join("errors").join(format!("{code}.md"))
}

/// The part of `page` below the heading `## NAME`.
fn section<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&format!("\n## {name}\n"))?;
    let end = rest.find("\n## ").unwrap_or(rest.len());
    Some(rest[..end].trim())
}

fn read<'a>(code: Code, page: &'a str) -> Written<'a> {
    let repair = section(page, "Repair").unwrap_or_else(|| panic!("{code}: no ## Repair"));
    let related = section(page, "Related").unwrap_or_else(|| panic!("{code}: no ## Related"));
    let related = related.lines().map(|line| {
        let name = line.strip_prefix("- [").and_then(|rest| rest.get(..6));
        let named = name.and_then(|name| name.parse().ok());
        named.unwrap_or_else(|| panic!("{code}: {line:?} names no code"))
    });
    let meaning = page.split_once('\n').map_or("", |(_, rest)| rest);
    let end = meaning.find("\n## ").unwrap_or(meaning.len());
    let meaning = meaning[..end].trim();
    // The line of facts is ours.
    let meaning = match meaning.split_once("\n\n") {
        Some((facts, rest)) if facts.starts_with("*`") => rest,
        _ => meaning,
    };
    Written {
        meaning: meaning.trim(),
        repair: repair.split("\n```").next().unwrap_or_default().trim(),
        related: related.collect(),
    }
}

fn found(code: Code) -> &'static str {
    match code.stage() {
        Stage::Compiled => "found while compiling what is stored; shown with the document's status",
        Stage::Rejected => "said by a proxy; shown with the proxy and with the document's status",
        _ => "found before anything is stored, by `netloft validate` too",
    }
}

/// What the page of `code` is to say, around what people wrote of it.
fn compose(code: Code, written: &Written<'_>) -> String {
    let title = code.title().unwrap();
    let mut page = format!(
        "# {code}: {title}\n\n*`{}`, {}.*\n\n{}\n",
        code.severity(),
        found(code),
        written.meaning
    );
    let block = |page: &mut String, kind: &str, name: &str| {
        let Some(bytes) = pairs::file(code, name) else {
            return;
        };
        let text = visible(&String::from_utf8_lossy(&bytes));
        let _ = write!(page, "\n```{kind}\n{}\n```\n", text.trim_end());
    };
    if pairs::file(code, "bad.yaml").is_some() {
        page.push_str("\n## Example\n");
        block(&mut page, "yaml", "bad.yaml");
        block(&mut page, "text", "rejected.txt");
        block(&mut page, "text", "output.txt");
    }
    let _ = write!(page, "\n## Repair\n\n{}\n", written.repair);
    block(&mut page, "yaml", "good.yaml");
    page.push_str("\n## Related\n\n");
    for code in &written.related {
        let title = code.title().unwrap();
        let _ = writeln!(page, "- [{code}]({code}.md): {title}");
    }
    page
}

/// What would not show in a page is shown as a picture of itself.
fn visible(text: &str) -> String {
    let picture = |c: char| match c {
        '\n' | '\t' => c,
        c if c.is_ascii_control() => {
            char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        c => c,
    };
    text.chars().map(picture).collect()
}

/// Compares what is at `path` with what is to be there, or writes it.
fn holds(path: &std::path::Path, expected: &str) -> Result<(), String> {
    if std::env::var_os("NETLOFT_BLESS").is_some() {
        fs::write(path, expected).unwrap();
        return Ok(());
    }
    let there = fs::read_to_string(path).unwrap();
    let differs = there.lines().zip(expected.lines()).find(|(a, b)| a != b);
    match differs {
        _ if there == expected => Ok(()),
        Some((there, expected)) => Err(format!(
            "{}: expected {expected:?}, found {there:?}",
            path.display()
        )),
        None => Err(format!(
            "{}: it has not the length it should",
            path.display()
        )),
    }
}

#[test]
fn every_page_shows_what_is_really_told_and_how_it_is_mended() {
    let wrong: Vec<String> = Code::ALL
        .iter()
        .filter_map(|code| {
            let text = fs::read_to_string(page(*code)).unwrap();
            let written = read(*code, &text);
            assert!(
                written.meaning.len() > 60 && written.repair.len() > 5,
                "{code}: too little is said"
            );
            assert!(
                !written.related.contains(code),
                "{code} is related to itself"
            );
            holds(&page(*code), &compose(*code, &written)).err()
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_page_is_without_a_code_and_every_code_gives_its_page() {
    let mut found: Vec<String> = fs::read_dir(docs().join("errors"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort_unstable();
    let expected: Vec<String> = Code::ALL.iter().map(|code| format!("{code}.md")).collect();
    assert_eq!(found, expected);
    for code in Code::ALL {
        let begin = format!("# {code}: {}\n", code.title().unwrap());
        assert!(code.page().unwrap().starts_with(&begin), "{code}");
    }
    let unknown: Code = "NL0999".parse().unwrap();
    assert_eq!(unknown.page(), None);
}

#[test]
fn the_index_lists_every_code_with_its_severity_and_title() {
    let path = docs().join("errors.md");
    let there = fs::read_to_string(&path).unwrap();
    let head = there.split("\n| Code |").next().unwrap();
    let mut index = format!("{head}\n| Code | Severity | What is wrong |\n|---|---|---|\n");
    for code in Code::ALL {
        let title = code.title().unwrap();
        let _ = writeln!(
            index,
            "| [{code}](errors/{code}.md) | {} | {title} |",
            code.severity()
        );
    }
    holds(&path, &index).unwrap();
}
