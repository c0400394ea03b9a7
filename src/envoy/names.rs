//! Type URLs and the messages they name.

use netloft_proto::{descriptors, type_url as urls};
use prost_reflect::MessageDescriptor;

/// The field that tells the type of an `Any`, and of a resource that stands alone.
pub const TYPE: &str = "@type";

/// The message that `url` names; none where the descriptors do not hold it. What stands before the
/// last `/` does not count, as in Envoy.
#[must_use]
pub fn descriptor(url: &str) -> Option<MessageDescriptor> {
    let (_, name) = url.rsplit_once('/')?;
    descriptors::pool().get_message_by_name(name)
}

/// The type URL of a message.
#[must_use]
pub fn type_url(message: &MessageDescriptor) -> String {
    format!("{}{}", urls::PREFIX, message.full_name())
}

/// What a type URL that names nothing may have meant: a message of the same bare name in another
/// package or version first of all, else any.
pub(super) fn meant(url: &str) -> Vec<String> {
    let name = url.rsplit('/').next().unwrap_or(url);
    let bare = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
    let wanted = bare(name);
    let all = || {
        let all = descriptors::pool().all_messages();
        all.filter(|message| !message.is_map_entry())
    };
    let same = all().filter(|message| message.name() == wanted);
    // One that stands within another message is hardly ever what an Any holds.
    let same = same.filter(|message| message.parent_message().is_none());
    let same: Vec<String> = same.map(|message| type_url(&message)).collect();
    if same.is_empty() {
        all().map(|message| type_url(&message)).collect()
    } else {
        same
    }
}

/// Messages whose JSON form is not a mapping of their fields; within an `Any` it stands under
/// `value`.
pub(super) fn has_own_form(name: &str) -> bool {
    const NAMES: [&str; 15] = [
        "Any",
        "BoolValue",
        "BytesValue",
        "DoubleValue",
        "Duration",
        "FieldMask",
        "FloatValue",
        "Int32Value",
        "Int64Value",
        "ListValue",
        "StringValue",
        "Struct",
        "Timestamp",
        "UInt32Value",
        "UInt64Value",
    ];
    let bare = name.strip_prefix("google.protobuf.");
    bare.is_some_and(|bare| NAMES.contains(&bare) || bare == "Value")
}

/// Whether `name` is one of the messages that carry another in the form of a Struct.
pub(super) fn is_typed_struct(name: &str) -> bool {
    matches!(name, "xds.type.v3.TypedStruct" | "udpa.type.v1.TypedStruct")
}
