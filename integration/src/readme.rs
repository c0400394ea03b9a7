//! Pages whose commands are run: fenced `console` blocks of `$ ` lines and what they print.
//!
//! In an expected output `...` stands for anything: alone on a line for any lines, inside a line
//! for any text. `[6]` at the end is the exit code, 0 where none is told. A block opened by
//! `console runs` starts something that goes on running.

/// One command of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What is typed.
    pub command: String,
    /// What is printed, line by line, as the page has it.
    pub expected: Vec<String>,
    /// The exit code.
    pub code: i32,
    /// Whether it goes on running, in a terminal of its own.
    pub runs: bool,
    /// Its line on the page, from 1.
    pub line: usize,
}

/// The commands of a page, in order.
///
/// # Panics
/// When a block does not start with a command, or never ends.
#[must_use]
pub fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut block: Option<bool> = None;
    let mut first = true;
    for (index, line) in page.lines().enumerate() {
        match (block, line) {
            (None, "```console") => (block, first) = (Some(false), true),
            (None, "```console runs") => (block, first) = (Some(true), true),
            (None, _) => {}
            (Some(_), "```") => block = None,
            (Some(runs), _) => {
                if let Some(command) = line.strip_prefix("$ ") {
                    let command = command.to_owned();
                    let (expected, line) = (Vec::new(), index + 1);
                    steps.push(Step {
                        command,
                        expected,
                        code: 0,
                        runs,
                        line,
                    });
                } else {
                    assert!(!first, "line {}: a block starts with a command", index + 1);
                    let step = steps.last_mut().expect("a command came first");
                    match exit_code(line) {
                        Some(code) => step.code = code,
                        None => step.expected.push(line.to_owned()),
                    }
                }
                first = false;
            }
        }
    }
    assert_eq!(block, None, "the last block never ends");
    steps
}

fn exit_code(line: &str) -> Option<i32> {
    line.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

/// Whether `output` is what `expected` shows; `open` when more may follow.
#[must_use]
pub fn shows(expected: &[String], output: &str, open: bool) -> bool {
    let lines: Vec<&str> = output.lines().map(str::trim_end).collect();
    lines_fit(expected, &lines, open)
}

fn lines_fit(expected: &[String], lines: &[&str], open: bool) -> bool {
    match (expected.split_first(), lines.split_first()) {
        (None, None) => true,
        (None, Some(_)) => open,
        (Some((first, rest)), _) if first == "..." => {
            (0..=lines.len()).any(|skipped| lines_fit(rest, &lines[skipped..], open))
        }
        (Some(_), None) => false,
        (Some((first, rest)), Some((line, lines))) => {
            text_fits(first, line) && lines_fit(rest, lines, open)
        }
    }
}

fn text_fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once("...") {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|after| {
            after
                .char_indices()
                .map(|(at, _)| at)
                .chain([after.len()])
                .any(|at| text_fits(rest, &after[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_their_output_are_read_from_console_blocks_only() {
        let page = "text\n```console\n$ a b\none\n...\n$ c\n[6]\n```\n```sh\n$ not\n```\n\
                    ```console runs\n$ d\nready\n```\n";
        let step = |command: &str, expected: &[&str], code, runs, line| Step {
            command: command.to_owned(),
            expected: expected.iter().map(|&line| line.to_owned()).collect(),
            code,
            runs,
            line,
        };
        assert_eq!(
            steps(page),
            [
                step("a b", &["one", "..."], 0, false, 3),
                step("c", &[], 6, false, 6),
                step("d", &["ready"], 0, true, 13),
            ]
        );
    }

    #[test]
    fn dots_stand_for_anything_and_nothing_else_does() {
        for (expected, output, open, fits) in [
            ("a\nb", "a\nb\n", false, true),
            ("a", "a\nb", false, false),
            ("a", "a\nb", true, true),
            ("a\n...", "a\nb\nc", false, true),
            ("...\nc", "a\nb\nc", false, true),
            ("...\nc", "a\nb", false, false),
            ("v1: ...", "v1: 12", false, true),
            ("v1: 1...", "v1: 902", false, false),
            ("a...c", "abc", false, true),
            ("a...c...e", "abcde", false, true),
            ("a...c", "abcd", false, false),
            ("", "", false, false),
        ] {
            let lines: Vec<String> = expected.split('\n').map(str::to_owned).collect();
            assert_eq!(
                shows(&lines, output, open),
                fits,
                "{expected:?} and {output:?}"
            );
        }
    }
}
