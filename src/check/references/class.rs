//! Which class of proxies serves a Gateway, or is given a raw resource.

use std::sync::Arc;

use super::Seeker;
use crate::{
    check::{Code, Diagnostic, suggest},
    model::{DocumentKey, Kind, RefRole, Role, Spec},
};

const BUILT_IN: [&str; 3] = ["sidecar", "gateway", "client"];

pub(super) fn seek(seeker: &Seeker<'_>, name: &Arc<str>) -> Option<Diagnostic> {
    if seeker.reference.role == RefRole::Class && is_of_others(seeker, name) {
        return None;
    }
    let classes = || seeker.world.documents(Kind::ProxyClass);
    // Proxies name a class by its name alone: of two with one name, the first by namespace counts.
    let declared = classes()
        .filter(|document| document.metadata.name == *name)
        .min_by(|a, b| a.metadata.namespace.cmp(&b.metadata.namespace));
    if declared.is_some_and(|document| seeker.world.is_unreadable(&document.key())) {
        return None;
    }
    let role = match declared.map(|document| &document.spec) {
        Some(Spec::ProxyClass(class)) => Some(class.role),
        _ => Role::built_in(name),
    };
    let any = seeker.reference.role == RefRole::Receiver;
    match role {
        Some(role) if any || role == Role::Gateway => None,
        Some(role) => {
            let role = format!("{role:?}").to_lowercase();
            Some(
                seeker
                    .report(
                        Code::WRONG_ROLE,
                        "",
                        format!("ProxyClass {name:?} is for proxies of role {role}"),
                    )
                    .expected("a ProxyClass with role: gateway")
                    .found(format!("role: {role}"))
                    .suggest(Some("the class \"gateway\" exists without a document"))
                    .effect("no proxy serves this Gateway"),
            )
        }
        None => {
            let fitting = classes().filter(
                |document| matches!(&document.spec, Spec::ProxyClass(c) if any || c.role == Role::Gateway),
            );
            let mut names: Vec<&str> = fitting.map(|document| &*document.metadata.name).collect();
            let built_in = BUILT_IN.into_iter();
            names.extend(built_in.filter(|name| any || *name == "gateway"));
            names.sort_unstable();
            names.dedup();
            let all = classes().map(|document| &*document.metadata.name);
            let meant = suggest::nearest(name, all.chain(BUILT_IN));
            let meant = meant.or((!any).then_some("gateway"));
            Some(
                seeker
                    .report(
                        Code::NO_CLASS,
                        "",
                        format!("ProxyClass {name:?} does not exist"),
                    )
                    .expected(format!("one of {}", suggest::enumerate(names)))
                    .found(&**name)
                    .suggest(meant.map(|meant| format!("did you mean {meant:?}?")))
                    .effect(match any {
                        true => "no proxy gets it",
                        false => "no proxy serves this Gateway",
                    }),
            )
        }
    }
}

/// Whether another controller serves the Gateways of the class, or may: its GatewayClass cannot be
/// read.
fn is_of_others(seeker: &Seeker<'_>, name: &Arc<str>) -> bool {
    let key = DocumentKey {
        kind: Kind::GatewayClass,
        namespace: "".into(),
        name: name.clone(),
    };
    match seeker.world.document(&key).map(|document| &document.spec) {
        Some(Spec::GatewayClass(class)) => !class.is_ours(),
        _ => seeker.world.is_unreadable(&key),
    }
}
