//! The registry of kinds: `Kind` and `Spec` are made from one list.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Form, Kind, Spec};

/// What tells one kind from another, fixed at compile time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindFacts {
    /// As written in `kind:`.
    pub kind: &'static str,
    /// API group, as `netloft.dev`; empty for the core group of Kubernetes.
    pub group: &'static str,
    /// API version, as `v1`.
    pub version: &'static str,
    /// In REST paths and on the command line, as `httproutes`.
    pub plural: &'static str,
    /// Shorter names the command line takes besides kind and plural.
    pub short: &'static [&'static str],
    /// Whether its documents live in namespaces. The namespace of the others is empty.
    pub namespaced: bool,
    /// The form of its documents' names.
    pub names: Form,
    /// Where its documents have what they declare.
    pub body: Body,
}

/// Where the documents of a kind have what they declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Under `spec`.
    Spec,
    /// Under `spec`, which may be absent and is then empty.
    OptionalSpec,
    /// Beside `metadata`, as core kinds of Kubernetes have it.
    TopLevel,
}

impl Body {
    /// JSON pointer, from a document's root, to what it declares.
    #[must_use]
    pub fn pointer(self) -> &'static str {
        match self {
            Self::Spec | Self::OptionalSpec => "/spec",
            Self::TopLevel => "",
        }
    }
}

impl Kind {
    /// The kind written `kind:`, whatever its API version. No two kinds have one name.
    #[must_use]
    pub fn by_name(kind: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|k| k.facts().kind == kind)
    }

    /// The kind that [`KindFacts::resource`] names so.
    #[must_use]
    pub fn by_resource(resource: &str) -> Option<Self> {
        let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
        let fits = |kind: &Self| kind.facts().plural == plural && kind.facts().group == group;
        Self::ALL.iter().copied().find(fits)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.facts().kind)
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.facts().kind)
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let kind = String::deserialize(deserializer)?;
        Self::by_name(&kind).ok_or_else(|| de::Error::custom(format!("unknown kind {kind:?}")))
    }
}

impl JsonSchema for Kind {
    fn schema_name() -> Cow<'static, str> {
        "Kind".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let kinds: Vec<_> = Self::ALL.iter().map(|kind| kind.facts().kind).collect();
        json_schema!({ "type": "string", "enum": kinds })
    }
}

impl KindFacts {
    /// As written in `apiVersion:`.
    #[must_use]
    pub fn api_version(&self) -> String {
        match self.group {
            "" => self.version.to_owned(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// Plural and group, as `gateways.gateway.networking.k8s.io` and `secrets`: unique among kinds.
    #[must_use]
    pub fn resource(&self) -> String {
        match self.group {
            "" => self.plural.to_owned(),
            group => format!("{}.{group}", self.plural),
        }
    }
}

impl Spec {
    /// Whether it says of itself that it never changes.
    #[must_use]
    pub fn is_immutable(&self) -> bool {
        match self {
            Self::ConfigMap(spec) => spec.immutable == Some(true),
            Self::Secret(spec) => spec.immutable == Some(true),
            _ => false,
        }
    }
}

macro_rules! kinds {
    ($($name:ident($ty:ty)),* $(,)?) => {
        /// A kind of document.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $(
            #[doc = concat!("`", stringify!($name), "`")]
            $name,
        )* }

        /// The declared body of a document of any kind.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Spec { $(
            #[doc = concat!("`", stringify!($name), "`")]
            $name($ty),
        )* }

        impl Kind {
            /// Every kind there is.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its names.
            #[must_use]
            pub fn facts(self) -> &'static KindFacts {
                match self { $(Self::$name => &<$ty>::FACTS,)* }
            }
        }

        impl Spec {
            /// Reports what its fields, each fine alone, are not together.
            pub fn check(&self, checks: &mut Checks) {
                match self { $(Self::$name(spec) => spec.check(checks),)* }
            }

            /// The other documents it names, for a document in `namespace`.
            #[must_use]
            pub fn refs(&self, namespace: &str) -> Vec<Reference> {
                match self { $(Self::$name(spec) => spec.refs(namespace),)* }
            }
        }

        impl Kind {
            /// JSON Schema of what its documents declare, every part written out in its place; where
            /// that stands is told by [`KindFacts::body`].
            #[must_use]
            pub fn spec_schema(self) -> schemars::Schema {
                let settings = schemars::generate::SchemaSettings::draft2020_12()
                    .with(|settings| settings.inline_subschemas = true);
                let generator = settings.into_generator();
                match self { $(Self::$name => generator.into_root_schema_for::<$ty>(),)* }
            }
        }

        impl Spec {
            /// Which kind this is the body of.
            #[must_use]
            pub fn kind(&self) -> Kind {
                match self { $(Self::$name(_) => Kind::$name,)* }
            }

            /// Reads what a document of `kind` declares.
            ///
            /// # Errors
            /// What serde says about the first field that does not fit.
            pub fn from_json(kind: Kind, spec: serde_json::Value) -> Result<Self, serde_json::Error> {
                match kind { $(Kind::$name => serde_json::from_value::<$ty>(spec).map(Self::$name),)* }
            }

            /// What is declared, as it was.
            ///
            /// # Errors
            /// None for any spec that was read by [`Spec::from_json`].
            pub fn to_json(&self) -> Result<serde_json::Value, serde_json::Error> {
                match self { $(Self::$name(spec) => serde_json::to_value(spec),)* }
            }
        }
    };
}
pub(super) use kinds;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_kinds_share_a_name_by_which_they_are_found() {
        let of = |name: &dyn Fn(&KindFacts) -> String| {
            let names: BTreeSet<String> = Kind::ALL.iter().map(|k| name(k.facts())).collect();
            names.len()
        };
        for count in [
            of(&|facts| facts.kind.to_lowercase()),
            of(&KindFacts::resource),
        ] {
            assert_eq!(count, Kind::ALL.len());
        }
        for kind in Kind::ALL {
            assert_eq!(Kind::by_resource(&kind.facts().resource()), Some(*kind));
        }
    }
}
