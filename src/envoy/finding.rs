//! One thing that is wrong with a message.

/// What class of rule is broken. Each has a stable code of its own in `check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// There is no message of that type.
    UnknownType,
    /// The message has no such field.
    UnknownField,
    /// A value is not of its field's type.
    WrongType,
    /// A value is none of those of its enum.
    NotAChoice,
    /// A field is given twice, by both of its names.
    Twice,
    /// Of fields that exclude each other more than one is given.
    Exclusive,
    /// A field that must be given is not.
    Missing,
    /// A value is not one that Envoy takes for this field.
    Value,
    /// A number or a duration is outside its bounds.
    Range,
    /// A list, a mapping or a text is too long or too short.
    Count,
}

/// One broken rule, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its class.
    pub fault: Fault,
    /// JSON pointer into what was read, with the fields' names as they are written there.
    pub pointer: String,
    /// Whether it is about the field's name rather than its value.
    pub about_name: bool,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What would be right.
    pub expected: Option<String>,
    /// What is there instead.
    pub found: Option<String>,
    /// What to do.
    pub suggestion: Option<String>,
    /// What was written, and what may have been meant by it: for "did you mean".
    pub meant: Option<(String, Vec<String>)>,
}

impl Finding {
    pub(super) fn new(fault: Fault, pointer: &str, message: impl Into<String>) -> Self {
        Self {
            fault,
            pointer: pointer.to_owned(),
            about_name: false,
            message: message.into(),
            expected: None,
            found: None,
            suggestion: None,
            meant: None,
        }
    }

    pub(super) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub(super) fn found(mut self, found: impl Into<String>) -> Self {
        self.found = Some(found.into());
        self
    }

    pub(super) fn suggest(mut self, suggestion: Option<impl Into<String>>) -> Self {
        self.suggestion = suggestion.map(Into::into);
        self
    }

    pub(super) fn about_name(mut self) -> Self {
        self.about_name = true;
        self
    }

    pub(super) fn meant(mut self, written: &str, names: impl IntoIterator<Item = String>) -> Self {
        self.meant = Some((written.to_owned(), names.into_iter().collect()));
        self
    }
}
