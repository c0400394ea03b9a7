//! Messages that tell their own type: `Any`, and a Struct that stands for a typed message.
//!
//! An `Any` of a type that the descriptors do not hold is what a private extension is: it is taken
//! with its bytes in base64 under `value`, and in no other form.

use prost_reflect::{DynamicMessage, MessageDescriptor, ReflectMessage as _, Value as Proto};
use serde_json::{Map, Value, json};

use super::{Both, Fault, Finding, Form, Reader, Source, scalar};
use crate::{
    envoy::names::{self, TYPE, has_own_form},
    snapshot,
};

impl Reader {
    /// An `Any`.
    pub(super) fn any<S: Source>(
        &mut self,
        of: &MessageDescriptor,
        source: &S,
    ) -> Option<Both<DynamicMessage>> {
        let (url, bytes, value) = self.packed(source)?;
        let mut any = DynamicMessage::new(of.clone());
        any.set_field_by_name("type_url", Proto::String(url));
        any.set_field_by_name("value", Proto::Bytes(bytes.into()));
        Some((any, value))
    }

    /// A message of a known type that stands alone.
    pub(super) fn typed<S: Source>(&mut self, source: &S) -> Option<Both<DynamicMessage>> {
        let (url, entries) = self.type_of(source)?;
        let Some(of) = names::descriptor(&url) else {
            self.unknown_type(&url);
            return None;
        };
        self.inside(&of, &url, source, &entries)
    }

    fn packed<S: Source>(&mut self, source: &S) -> Option<(String, Vec<u8>, Value)> {
        let (url, entries) = self.type_of(source)?;
        if let Some(of) = names::descriptor(&url) {
            let (message, value) = self.inside(&of, &url, source, &entries)?;
            return match snapshot::encode_dynamic(&message) {
                Ok(bytes) => Some((url, bytes, value)),
                Err(error) => {
                    let finding = Finding::new(Fault::Count, &self.pointer, error.to_string());
                    self.findings.push(finding);
                    None
                }
            };
        }
        let value = entries.iter().find(|(name, _)| *name == "value");
        let text = value.map(|(_, value)| value.form());
        match (text, entries.len()) {
            (Some(Form::Scalar { text, .. }), 2) => {
                let Some(bytes) = scalar::bytes(&text) else {
                    let length = self.enter("value");
                    let message = format!("{url} is known here by its bytes alone");
                    let finding = Finding::new(Fault::WrongType, &self.pointer, message);
                    self.findings.push(finding.expected("bytes in base64"));
                    self.leave(length);
                    return None;
                };
                let value = json!({ TYPE: url, "value": text });
                Some((url, bytes, value))
            }
            _ => {
                self.unknown_type(&url);
                None
            }
        }
    }

    /// The message in a mapping with `@type`.
    fn inside<S: Source>(
        &mut self,
        of: &MessageDescriptor,
        url: &str,
        source: &S,
        entries: &[(&str, &S)],
    ) -> Option<Both<DynamicMessage>> {
        if !has_own_form(of.full_name()) {
            return self.of_type(of, source, true);
        }
        let mut inner = None;
        for (name, value) in entries.iter().filter(|(name, _)| *name != TYPE) {
            let length = self.enter(name);
            if *name == "value" {
                inner = self.well_known(of, *value);
            } else {
                let message = format!("a {} in an Any stands under \"value\"", of.full_name());
                let finding = Finding::new(Fault::UnknownField, &self.pointer, message);
                self.findings
                    .push(finding.about_name().meant(name, ["value".to_owned()]));
            }
            self.leave(length);
        }
        let (message, value) = inner.unwrap_or_else(|| {
            let empty = DynamicMessage::new(of.clone());
            (empty, Value::Null)
        });
        Some((message, json!({ TYPE: url, "value": value })))
    }

    /// What `@type` says, and all fields.
    #[allow(clippy::type_complexity, reason = "a name and what Form has")]
    fn type_of<'s, S: Source>(&mut self, source: &'s S) -> Option<(String, Vec<(&'s str, &'s S)>)> {
        let form = source.form();
        let Form::Map(entries) = form else {
            self.wrong_type("a mapping with its type in \"@type\"", &form);
            return None;
        };
        let url = entries.iter().find(|(name, _)| *name == TYPE);
        match url.map(|(_, value)| value.form()) {
            Some(Form::Scalar { text, .. }) => Some((text.into_owned(), entries)),
            Some(other) => {
                let length = self.enter(TYPE);
                self.wrong_type("a type URL", &other);
                self.leave(length);
                None
            }
            None => {
                let message = "the field \"@type\", which tells the type, is missing";
                let finding = Finding::new(Fault::Missing, &self.pointer, message);
                self.findings.push(
                    finding.expected("\"@type\": type.googleapis.com/ and a message's full name"),
                );
                None
            }
        }
    }

    fn unknown_type(&mut self, url: &str) {
        let length = self.enter(TYPE);
        let finding = if url.contains('/') {
            let message = format!("there is no type {url:?}");
            Finding::new(Fault::UnknownType, &self.pointer, message)
                .meant(url, names::meant(url))
                .expected(
                    "a message of Envoy's API; a private one as bytes in base64 under \"value\"",
                )
        } else {
            let message = format!("{url:?} is not a type URL");
            let whole = format!("{}{url}", netloft_proto::type_url::PREFIX);
            let known = names::descriptor(&whole).is_some();
            Finding::new(Fault::UnknownType, &self.pointer, message)
                .expected("type.googleapis.com/ and a message's full name")
                .suggest(known.then(|| format!("write {whole}")))
        };
        self.findings.push(finding.found(url));
        self.leave(length);
    }

    /// Reads the Struct in a TypedStruct as the type it stands for, where that is known: Envoy does
    /// so itself.
    pub(super) fn typed_struct<S: Source>(
        &mut self,
        entries: &[(&str, &S)],
        message: &mut DynamicMessage,
        value: &mut Map<String, Value>,
    ) {
        let url = message
            .get_field_by_name("type_url")
            .and_then(|url| Some(url.as_str()?.to_owned()))
            .unwrap_or_default();
        let Some(of) = names::descriptor(&url).filter(|of| !has_own_form(of.full_name())) else {
            return;
        };
        let Some((name, source)) = entries.iter().find(|(name, _)| *name == "value") else {
            return;
        };
        let length = self.enter(name);
        if let Form::Map(_) = source.form()
            && let Some((_, typed)) = self.of_type(&of, *source, false)
        {
            let field = message.descriptor().get_field_by_name("value");
            let of = field.and_then(|field| field.kind().as_message().cloned());
            let plain = of.and_then(|of| DynamicMessage::deserialize(of, &typed).ok());
            if let Some(plain) = plain {
                message.set_field_by_name("value", Proto::Message(plain));
                value.insert((*name).to_owned(), typed);
            }
        }
        self.leave(length);
    }
}
