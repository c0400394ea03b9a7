//! `EnvoyPatch`: changes to resources that are compiled, in Envoy's own form, for the proxies of
//! one class.
//!
//! The operations are those of RFC 6902 (JSON Patch). Absent on purpose: what they do (`compile`).

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Body, Checks, Form, KindFacts, RefRole, Reference, Target, form};

/// Changes to the resources of one type whose names fit, as proxies of one class get them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnvoyPatch {
    /// Which resources.
    pub select: Selection,
    /// How many resources it must fit, exactly; 0: any number. Absent: 1. Where a proxy has more or
    /// fewer, its resources stay as they are, and a problem tells so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub must_match: Option<u32>,
    /// What is done to each, in this order, all or nothing.
    #[schemars(length(min = 1, max = 100))]
    pub ops: Vec<PatchOp>,
}

/// Which resources a patch is for: all of what is named here must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Selection {
    /// Type URL, or the message's bare name, as `Cluster`.
    #[serde(rename = "type")]
    #[schemars(length(min = 1, max = 512))]
    pub kind: Arc<str>,
    /// The resource's name, with `*` for any run of characters.
    #[schemars(length(min = 1, max = 1024))]
    pub name: Arc<str>,
    /// Whose proxies get it so: name of a ProxyClass, declared or built in.
    #[schemars(schema_with = "form::dns_label")]
    pub proxy_class: Arc<str>,
}

/// One operation of RFC 6902, on the resource in Envoy's JSON form with Envoy's own field names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "op", rename_all = "lowercase", deny_unknown_fields)]
pub enum PatchOp {
    /// Puts a value there: into a list before what stands there (`-`: at its end), into a mapping
    /// in place of what is there.
    Add {
        /// JSON pointer (RFC 6901).
        #[schemars(schema_with = "form::json_pointer")]
        path: Arc<str>,
        /// What is put there.
        #[schemars(schema_with = "form::free")]
        value: Value,
    },
    /// Takes away what is there.
    Remove {
        /// JSON pointer (RFC 6901).
        #[schemars(schema_with = "form::json_pointer")]
        path: Arc<str>,
    },
    /// Puts a value in place of the one that must be there.
    Replace {
        /// JSON pointer (RFC 6901).
        #[schemars(schema_with = "form::json_pointer")]
        path: Arc<str>,
        /// What is put there.
        #[schemars(schema_with = "form::free")]
        value: Value,
    },
    /// Takes what is at `from` away and puts it at `path`.
    Move {
        /// JSON pointer (RFC 6901).
        #[schemars(schema_with = "form::json_pointer")]
        from: Arc<str>,
        /// JSON pointer (RFC 6901).
        #[schemars(schema_with = "form::json_pointer")]
        path: Arc<str>,
    },
    /// Puts what is at `from` at `path` too.
    Copy {
        /// JSON pointer (RFC 6901).
        #[schemars(schema_with = "form::json_pointer")]
        from: Arc<str>,
        /// JSON pointer (RFC 6901).
        #[schemars(schema_with = "form::json_pointer")]
        path: Arc<str>,
    },
    /// Fails, and so does the whole patch, unless this value is there.
    Test {
        /// JSON pointer (RFC 6901).
        #[schemars(schema_with = "form::json_pointer")]
        path: Arc<str>,
        /// What must be there.
        #[schemars(schema_with = "form::free")]
        value: Value,
    },
}

impl EnvoyPatch {
    /// Its names.
    pub const FACTS: KindFacts = KindFacts {
        kind: "EnvoyPatch",
        group: "netloft.dev",
        version: "v1",
        plural: "envoypatches",
        short: &["ep"],
        namespaced: true,
        names: Form::DnsLabel,
        body: Body::Spec,
    };
}

impl EnvoyPatch {
    /// Its fields are independent of one another.
    pub(super) fn check(&self, _checks: &mut Checks) {}

    /// The class whose proxies get what is patched.
    pub(super) fn refs(&self, _namespace: &str) -> Vec<Reference> {
        let class = Target::Class(self.select.proxy_class.clone());
        vec![Reference::new(
            "/select/proxyClass",
            RefRole::Receiver,
            class,
        )]
    }
}
