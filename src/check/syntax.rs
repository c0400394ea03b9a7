//! The text of one document to a tree of nodes, or what keeps it from being one.
//!
//! The events come from a YAML 1.2 parser; what is built from them is narrower: keys are plain
//! texts and unique, tags and merge keys have no meaning, aliases are bounded in what they add.

mod words;

use std::{borrow::Cow, collections::HashMap};

use granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, StructureStyle, Tag};

use super::{
    Code, Diagnostic, Place, Span, limits,
    node::{Content, Entry, Node},
};

/// The tree of the one document in `text`, whose first line is `line` of its file. None when it
/// cannot be read; what is wrong is in `found` then. Errors that leave a tree are in `found` too.
pub(super) fn parse<'a>(text: &'a str, line: u32, found: &mut Vec<Diagnostic>) -> Option<Node<'a>> {
    let mut builder = Builder {
        line,
        found,
        open: Vec::new(),
        anchors: HashMap::new(),
        aliased: 0,
        root: None,
    };
    for event in Parser::new_from_str_with_options(text, options()) {
        match event {
            Ok((event, span)) => {
                let span = builder.span(span);
                if let Err(fatal) = builder.event(event, span) {
                    found.push(*fatal);
                    return None;
                }
            }
            Err(error) => {
                let diagnostic = builder.scan_error(&error, text);
                found.push(diagnostic);
                return None;
            }
        }
    }
    builder.root
}

fn options() -> Options {
    let mut options = granit_parser::options! {
        emit_unresolved_aliases: true,
        // Ours is lower and names itself; these only bound what the parser keeps.
        flow_nesting_limit: limits::DEPTH + 2,
        block_nesting_limit: limits::DEPTH + 2,
    };
    options.set_emit_comments(false);
    options
}

struct Builder<'a, 'd> {
    line: u32,
    found: &'d mut Vec<Diagnostic>,
    open: Vec<Open<'a>>,
    anchors: HashMap<usize, Node<'a>>,
    /// Values and bytes that aliases added so far.
    aliased: usize,
    root: Option<Node<'a>>,
}

/// A mapping or list whose end has not come.
struct Open<'a> {
    span: Span,
    flow: bool,
    anchor: usize,
    items: Items<'a>,
}

enum Items<'a> {
    List(Vec<Node<'a>>),
    Map {
        entries: Vec<Entry<'a>>,
        key: Option<Key<'a>>,
    },
}

enum Key<'a> {
    Text(Cow<'a, str>, Span),
    /// Already reported, or a field given a second time: its value is read and dropped.
    Dropped,
}

type Fatal = Box<Diagnostic>;

impl<'a> Builder<'a, '_> {
    fn event(&mut self, event: Event<'a>, span: Span) -> Result<(), Fatal> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let mut plain = style == ScalarStyle::Plain;
                if let Some(tag) = tag {
                    plain &= !self.tag(&tag, span);
                }
                if text.contains('\0') {
                    self.found.push(
                        Diagnostic::new(Code::CONTROL_CHARACTER, "the text holds a NUL character")
                            .at(span),
                    );
                }
                self.value(
                    Node {
                        span,
                        content: Content::Scalar { text, plain },
                    },
                    anchor,
                )
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.opening(style, anchor, tag, span, Items::List(Vec::new()))
            }
            Event::MappingStart(style, anchor, tag) => self.opening(
                style,
                anchor,
                tag,
                span,
                Items::Map {
                    entries: Vec::new(),
                    key: None,
                },
            ),
            Event::SequenceEnd | Event::MappingEnd => self.closing(span),
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::UnresolvedAlias(name) => {
                self.found.push(
                    Diagnostic::new(
                        Code::UNKNOWN_ALIAS,
                        format!("the alias *{name} names no anchor before it"),
                    )
                    .at(span)
                    .expected(format!("&{name} earlier in this document"))
                    .suggest(Some(format!(
                        "write the value out, or quote it if it is a text: \"*{name}\""
                    ))),
                );
                // Most likely a text that lacks its quotes: read on as if it had them.
                let text = Cow::Owned(format!("*{name}"));
                let content = Content::Scalar { text, plain: false };
                self.value(Node { span, content }, 0)
            }
            _ => Ok(()),
        }
    }

    /// Whether the tag makes a text of its scalar. Any but YAML's own are refused.
    fn tag(&mut self, tag: &Tag, span: Span) -> bool {
        match tag.core_suffix() {
            Some("str") => true,
            Some("int" | "float" | "bool" | "null" | "map" | "seq") => false,
            _ => {
                self.found.push(
                    Diagnostic::new(
                        Code::TAG,
                        format!("the tag {} has no meaning here", tag.original()),
                    )
                    .at(span)
                    .suggest(Some("remove it, or quote the value if it is a text")),
                );
                false
            }
        }
    }

    fn opening(
        &mut self,
        style: StructureStyle,
        anchor: usize,
        tag: Option<Cow<'a, Tag>>,
        span: Span,
        items: Items<'a>,
    ) -> Result<(), Fatal> {
        if let Some(tag) = tag {
            self.tag(&tag, span);
        }
        if self.open.len() >= limits::DEPTH {
            return Err(too_deep(span));
        }
        self.open.push(Open {
            span,
            flow: style == StructureStyle::Flow,
            anchor,
            items,
        });
        Ok(())
    }

    fn closing(&mut self, end: Span) -> Result<(), Fatal> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let (content, first) = match open.items {
            Items::List(items) => {
                let first = items.first().map(|item| item.span.end);
                (Content::List(items), first)
            }
            Items::Map { entries, .. } => {
                let first = entries.first().map(|entry| entry.key_span.end);
                (Content::Map(entries), first)
            }
        };
        let last = if open.flow { Some(end.end) } else { first };
        let span = Span {
            start: open.span.start,
            end: last.unwrap_or(open.span.end).max(open.span.start),
        };
        self.value(Node { span, content }, open.anchor)
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Fatal> {
        let Some(node) = self.anchors.get(&anchor) else {
            // The anchor is on a mapping or list that is still open.
            return Err(Box::new(
                Diagnostic::new(Code::ALIAS_BOMB, "the alias contains itself").at(span),
            ));
        };
        let (weight, height) = measure(node);
        self.aliased = self.aliased.saturating_add(weight);
        if self.aliased > limits::ALIASED {
            return Err(Box::new(
                Diagnostic::new(
                    Code::ALIAS_BOMB,
                    "the aliases up to here repeat more than 1 MiB of values",
                )
                .at(span)
                .expected(format!("at most {} values and bytes", limits::ALIASED))
                .suggest(Some("write the values out")),
            ));
        }
        if self.open.len() + height > limits::DEPTH {
            return Err(too_deep(span));
        }
        let node = node.clone();
        self.value(node, 0)
    }

    /// A whole value has come: it goes into what is open, as a key, a value or an item.
    fn value(&mut self, node: Node<'a>, anchor: usize) -> Result<(), Fatal> {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.items) {
            None => self.root = Some(node),
            Some(Items::List(items)) => items.push(node),
            Some(Items::Map { entries, key }) => match key.take() {
                None => *key = Some(key_of(node, entries, self.found)),
                Some(Key::Dropped) => {}
                Some(Key::Text(key, key_span)) => entries.push(Entry {
                    key,
                    key_span,
                    value: node,
                }),
            },
        }
        Ok(())
    }

    fn place(&self, marker: granit_parser::Marker) -> Place {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Place {
            line: number(marker.line())
                .saturating_add(self.line)
                .saturating_sub(1),
            column: number(marker.col()).saturating_add(1),
        }
    }

    fn span(&self, span: granit_parser::Span) -> Span {
        Span {
            start: self.place(span.start),
            end: self.place(span.end),
        }
    }

    fn scan_error(&mut self, error: &ScanError, text: &str) -> Diagnostic {
        let mut start = self.place(*error.marker());
        // The parser may stop behind the last line.
        let last = super::split::end_of(text);
        if error.marker().line() > last.line as usize {
            start = Place {
                line: last.line + self.line - 1,
                column: last.column,
            };
        }
        let row = text.lines().nth(error.marker().line().saturating_sub(1));
        if words::is_tab(error.kind())
            && let Some(tab) = row.and_then(|row| row.chars().position(|c| c == '\t'))
        {
            // The parser points behind it.
            start.column = u32::try_from(tab).unwrap_or(u32::MAX).saturating_add(1);
        }
        let end = Place {
            column: start.column + 1,
            ..start
        };
        words::say(error.kind(), self.open.last().map(|open| open.span.start))
            .at(Span { start, end })
    }
}

fn key_of<'a>(node: Node<'a>, entries: &[Entry<'a>], found: &mut Vec<Diagnostic>) -> Key<'a> {
    let span = node.span;
    let Content::Scalar { text, plain } = node.content else {
        found.push(
            Diagnostic::new(Code::NOT_A_KEY, "a field's name must be a text")
                .at(span)
                .suggest(Some("quote it if it begins with a bracket or a brace")),
        );
        return Key::Dropped;
    };
    if plain && text == "<<" {
        found.push(
            Diagnostic::new(Code::MERGE_KEY, "the merge key << has no meaning here")
                .at(span)
                .suggest(Some("write the fields out")),
        );
        return Key::Dropped;
    }
    if let Some(first) = entries.iter().find(|entry| entry.key == text) {
        let line = first.key_span.start.line;
        found.push(
            Diagnostic::new(
                Code::DUPLICATE_KEY,
                format!("the field {text:?} is given twice"),
            )
            .at(span)
            .found(format!("it stands on line {line} already"))
            .suggest(Some("keep one of the two")),
        );
        return Key::Dropped;
    }
    Key::Text(text, span)
}

fn too_deep(span: Span) -> Fatal {
    Box::new(
        Diagnostic::new(
            Code::TOO_DEEP,
            format!(
                "more than {} mappings and lists are inside one another",
                limits::DEPTH
            ),
        )
        .at(Span {
            start: span.start,
            end: Place {
                column: span.start.column + 1,
                ..span.start
            },
        })
        .expected(format!("at most {}", limits::DEPTH)),
    )
}

/// Values and bytes in it, and mappings and lists inside one another.
fn measure(node: &Node<'_>) -> (usize, usize) {
    let inner = |nodes: &mut dyn Iterator<Item = &Node<'_>>| {
        nodes.map(measure).fold((1, 0), |(weight, height), inner| {
            (weight + inner.0, height.max(inner.1))
        })
    };
    match &node.content {
        Content::Scalar { text, .. } => (1 + text.len(), 0),
        Content::List(items) => {
            let (weight, height) = inner(&mut items.iter());
            (weight, height + 1)
        }
        Content::Map(entries) => {
            let (weight, height) = inner(&mut entries.iter().map(|entry| &entry.value));
            let keys: usize = entries.iter().map(|entry| entry.key.len()).sum();
            (weight + keys, height + 1)
        }
    }
}
