//! The text of a template to its parts.

use serde_json::Value;

use super::{Filter, NotATemplate, Operand, Part, Slice, Step, Test};

pub(super) fn template(text: &str) -> Result<Vec<Part>, NotATemplate> {
    let braces = text.contains('{');
    let text = match braces {
        true => text.to_owned(),
        false => format!("{{{text}}}"),
    };
    let mut reader = Reader {
        chars: text.chars().collect(),
        at: 0,
    };
    // What is open: the outermost, then each range with its path.
    let mut open: Vec<(Vec<Step>, Vec<Part>)> = vec![(Vec::new(), Vec::new())];
    while let Some(next) = reader.peek() {
        let part = match next {
            '{' => match reader.expression()? {
                Expression::Parts(parts) => parts,
                Expression::Range(steps) => {
                    open.push((steps, Vec::new()));
                    continue;
                }
                Expression::End => match open.pop() {
                    Some((steps, parts)) if !open.is_empty() => vec![Part::Range(steps, parts)],
                    _ => return Err(NotATemplate::NoRange),
                },
            },
            _ => vec![Part::Text(reader.take_while(|c| c != '{'))],
        };
        if let Some((_, parts)) = open.last_mut() {
            parts.extend(part);
        }
    }
    match open.pop() {
        Some((_, parts)) if open.is_empty() => Ok(parts),
        _ => Err(reader.open("{range ..}", 0)),
    }
}

enum Expression {
    Parts(Vec<Part>),
    Range(Vec<Step>),
    End,
}

struct Reader {
    chars: Vec<char>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// Goes behind `text` where it stands here.
    fn passes(&mut self, text: &str) -> bool {
        let here = self.chars[self.at..].iter().copied();
        let stands = here.take(text.chars().count()).eq(text.chars());
        if stands {
            self.at += text.chars().count();
        }
        stands
    }

    fn must_pass(&mut self, text: &'static str) -> Result<(), NotATemplate> {
        match self.passes(text) {
            true => Ok(()),
            false => Err(self.unexpected(text)),
        }
    }

    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> String {
        let taken: String = self.chars[self.at..]
            .iter()
            .copied()
            .take_while(|c| fits(*c))
            .collect();
        self.at += taken.chars().count();
        taken
    }

    fn space(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn unexpected(&self, expected: &'static str) -> NotATemplate {
        let found: String = self.chars[self.at..].iter().take(10).collect();
        NotATemplate::Unexpected {
            expected,
            found,
            at: self.at + 1,
        }
    }

    fn open(&self, what: &'static str, at: usize) -> NotATemplate {
        NotATemplate::Open { what, at: at + 1 }
    }

    /// `{ .. }`: paths and texts, or the beginning or end of a range.
    fn expression(&mut self) -> Result<Expression, NotATemplate> {
        let begin = self.at;
        self.must_pass("{")?;
        self.space();
        if self.passes("range ") {
            self.space();
            let steps = self.path()?;
            self.space();
            self.must_pass("}")?;
            return Ok(Expression::Range(steps));
        }
        if self.passes("end}") {
            return Ok(Expression::End);
        }
        let mut parts = Vec::new();
        loop {
            self.space();
            match self.peek() {
                None => return Err(self.open("the expression", begin)),
                Some('}') => {
                    self.at += 1;
                    return Ok(Expression::Parts(parts));
                }
                Some('"' | '\'') => parts.push(Part::Text(self.string()?)),
                Some(_) => parts.push(Part::Path(self.path()?)),
            }
        }
    }

    /// In either quotes, with the escapes of JSON.
    fn string(&mut self) -> Result<String, NotATemplate> {
        let begin = self.at;
        let quote = self.peek();
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                _ if Some(c) == quote => return Ok(text),
                '\\' => {
                    let escaped = self.peek();
                    self.at += 1;
                    match escaped {
                        Some('n') => text.push('\n'),
                        Some('t') => text.push('\t'),
                        Some('r') => text.push('\r'),
                        Some(other) => text.push(other),
                        None => break,
                    }
                }
                other => text.push(other),
            }
        }
        Err(self.open("the text", begin))
    }

    fn path(&mut self) -> Result<Vec<Step>, NotATemplate> {
        let begin = self.at;
        let mut steps = Vec::new();
        if self.passes("$") {
            steps.push(Step::Root);
        } else {
            self.passes("@");
            // The point before the first field may be left out.
            if self.peek().is_some_and(is_name) {
                steps.push(Step::Field(self.name()));
            }
        }
        loop {
            if self.passes("..") {
                steps.push(Step::Deep);
                if self.passes("*") {
                    steps.push(Step::All);
                } else if self.peek().is_some_and(is_name) {
                    steps.push(Step::Field(self.name()));
                }
            } else if self.passes(".") {
                match self.peek() {
                    Some('*') => {
                        self.at += 1;
                        steps.push(Step::All);
                    }
                    Some(c) if is_name(c) => steps.push(Step::Field(self.name())),
                    // `{.}` is all of it.
                    _ => {}
                }
            } else if self.passes("[") {
                steps.push(self.bracket()?);
            } else {
                break;
            }
        }
        match self.at == begin {
            true => Err(self.unexpected("a path as .metadata.name")),
            false => Ok(steps),
        }
    }

    /// A field's name; `\.` is a point in it.
    fn name(&mut self) -> String {
        let mut name = String::new();
        loop {
            if self.passes("\\.") {
                name.push('.');
            } else if let Some(c) = self.peek().filter(|c| is_name(*c)) {
                name.push(c);
                self.at += 1;
            } else {
                return name;
            }
        }
    }

    fn bracket(&mut self) -> Result<Step, NotATemplate> {
        let step = match self.peek() {
            Some('*') => {
                self.at += 1;
                Step::All
            }
            Some('\'' | '"') => Step::Field(self.string()?),
            Some('?') => {
                self.at += 1;
                self.must_pass("(")?;
                let filter = self.filter()?;
                self.must_pass(")")?;
                Step::Filter(filter)
            }
            _ => {
                let mut slices = vec![self.slice()?];
                while self.passes(",") {
                    self.space();
                    slices.push(self.slice()?);
                }
                Step::Indexes(slices)
            }
        };
        self.must_pass("]")?;
        Ok(step)
    }

    fn slice(&mut self) -> Result<Slice, NotATemplate> {
        let from = self.number();
        if !self.passes(":") {
            return from
                .map(Slice::One)
                .ok_or_else(|| self.unexpected("an index, a name in quotes, * or ?( .. )"));
        }
        let to = self.number();
        let step = match self.passes(":") {
            true => self
                .number()
                .map_or(Some(1), |step| usize::try_from(step).ok()),
            false => Some(1),
        };
        let step = step.filter(|step| *step > 0);
        let step = step.ok_or_else(|| self.unexpected("a step of at least 1"))?;
        Ok(Slice::Range { from, to, step })
    }

    fn number(&mut self) -> Option<i64> {
        let begin = self.at;
        let text = self.take_while(|c| c.is_ascii_digit() || c == '-');
        let number = text.parse().ok();
        if number.is_none() {
            self.at = begin;
        }
        number
    }

    fn filter(&mut self) -> Result<Filter, NotATemplate> {
        self.space();
        let left = self.operand()?;
        self.space();
        let tests = [
            ("==", Test::Equal),
            ("!=", Test::NotEqual),
            ("<=", Test::AtMost),
            (">=", Test::AtLeast),
            ("<", Test::Less),
            (">", Test::More),
        ];
        let test = tests.into_iter().find(|(sign, _)| self.passes(sign));
        let Some((_, test)) = test else {
            return Ok(Filter { left, test: None });
        };
        self.space();
        let right = self.operand()?;
        self.space();
        Ok(Filter {
            left,
            test: Some((test, right)),
        })
    }

    fn operand(&mut self) -> Result<Operand, NotATemplate> {
        match self.peek() {
            Some('@' | '$' | '.') => self.path().map(Operand::Path),
            Some('"' | '\'') => Ok(Operand::Value(self.string()?.into())),
            _ => {
                let text = self.take_while(|c| c.is_alphanumeric() || "-+._".contains(c));
                let value: Option<Value> = serde_json::from_str(&text).ok();
                let value = value.ok_or_else(|| self.unexpected("a path, a text or a number"));
                value.map(Operand::Value)
            }
        }
    }
}

/// What a field's name may hold without quotes.
fn is_name(c: char) -> bool {
    c.is_alphanumeric() || "-_/".contains(c)
}
