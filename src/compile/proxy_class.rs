//! ProxyClasses: which document a class name means, and what its proxies see.

use std::{collections::BTreeSet, sync::Arc};

use super::{Audience, Lens, Output, problems};
use crate::{
    model::{DEFAULT_NAMESPACE, Kind, Listen, ProxyClass, Role, SeparateStreams, Spec, Visibility},
    view::{CLIENT, Fact, GATEWAY, Index, Name, SIDECAR},
};

/// A class as it applies.
pub(super) struct Class<'v> {
    pub(super) role: Role,
    pub(super) listen: Option<&'v Listen>,
    /// How its proxies ask for what a resource names.
    pub(super) audience: Audience,
    /// What its proxies see; nothing: every service.
    scope: Option<&'v Visibility>,
    namespace: Arc<str>,
}

/// What a proxy sees.
pub(super) enum Visible {
    /// Every service.
    All,
    /// Some.
    Some {
        /// All services of these namespaces.
        namespaces: BTreeSet<Arc<str>>,
        /// Single services, of other namespaces than those.
        services: BTreeSet<Name>,
    },
}

/// The class called `name`: the declared one, first by namespace, else the built-in one.
pub(super) fn resolve<'v>(name: &Arc<str>, lens: &mut Lens<'v>) -> Option<Class<'v>> {
    let declared = lens.entry(Index::ClassNamed(name.clone())).get_min();
    if let Some(class) = declared
        && let Some(Spec::ProxyClass(spec)) = lens.spec(Kind::ProxyClass, class)
    {
        return Some(Class {
            role: spec.role,
            listen: spec.listen.as_ref(),
            audience: audience(spec.role, spec.separate_streams.as_ref()),
            scope: spec.scope.as_ref(),
            namespace: class.namespace.clone(),
        });
    }
    let role = match &**name {
        SIDECAR => Role::Sidecar,
        GATEWAY => Role::Gateway,
        CLIENT => Role::Client,
        _ => return None,
    };
    Some(Class {
        role,
        listen: None,
        audience: audience(role, None),
        scope: None,
        namespace: DEFAULT_NAMESPACE.into(),
    })
}

/// Whether a GatewayClass says that another controller serves the Gateways of `class`.
pub(super) fn is_of_others(class: &Arc<str>, lens: &mut Lens<'_>) -> bool {
    let name = Name {
        namespace: "".into(),
        name: class.clone(),
    };
    matches!(lens.spec(Kind::GatewayClass, &name), Some(Spec::GatewayClass(it)) if !it.is_ours())
}

fn audience(role: Role, streams: Option<&SeparateStreams>) -> Audience {
    match (role, streams) {
        (Role::Client, _) => Audience::Grpc,
        (_, Some(streams)) => Audience::Separate(streams.dialect),
        (_, None) => Audience::Envoy,
    }
}

/// The class of the proxy that is looked at.
pub(super) fn of_proxy<'v>(lens: &mut Lens<'v>) -> Option<Class<'v>> {
    let name = lens.fact(Fact::Class)?;
    resolve(name, lens)
}

impl Class<'_> {
    /// What the proxy that is looked at sees. Its namespace is read where `.` names it only.
    pub(super) fn visible(&self, lens: &mut Lens<'_>) -> Visible {
        let Some(scope) = self.scope else {
            return Visible::All;
        };
        let own = |name: &Arc<str>, lens: &mut Lens<'_>| match &**name {
            "." => lens.fact(Fact::Namespace).cloned(),
            _ => Some(name.clone()),
        };
        let namespaces: BTreeSet<_> = scope
            .namespaces
            .iter()
            .filter_map(|name| own(name, lens))
            .collect();
        let services = scope
            .services
            .iter()
            .map(|name| named(name, &self.namespace));
        let services = services
            .filter(|name| !namespaces.contains(&name.namespace))
            .collect();
        Visible::Some {
            namespaces,
            services,
        }
    }
}

impl Visible {
    pub(super) fn holds(&self, service: &Name) -> bool {
        match self {
            Self::All => true,
            Self::Some {
                namespaces,
                services,
            } => namespaces.contains(&service.namespace) || services.contains(service),
        }
    }
}

/// Looks for what makes no sense in the ProxyClasses called `name`.
pub(super) fn compile(name: &Arc<str>, lens: &mut Lens<'_>) -> Output {
    let classes = lens.entry(Index::ClassNamed(name.clone()));
    let mut problems = Vec::new();
    for class in classes {
        let Some(Spec::ProxyClass(spec)) = lens.spec(Kind::ProxyClass, class) else {
            continue;
        };
        if let Some(first) = classes.get_min()
            && first != class
        {
            problems.push(problems::class_twice(class, first));
        }
        problems.extend(without_effect(class, spec));
        let named_services = spec.scope.iter().flat_map(|scope| &scope.services);
        for (index, service) in named_services.enumerate() {
            let service = named(service, &class.namespace);
            if lens.outline(&service).is_none() {
                problems.push(problems::class_service(class, index, &service));
            }
        }
    }
    Output::problems(problems)
}

fn without_effect(class: &Name, spec: &ProxyClass) -> Vec<crate::snapshot::Problem> {
    let listen = spec.listen.as_ref();
    let mut found = Vec::new();
    let mut field = |pointer, why| found.push(problems::class_field(class, pointer, why));
    match spec.role {
        Role::Sidecar => {}
        Role::Gateway => {
            if spec.scope.is_some() {
                field(
                    "/spec/scope",
                    "gateways are given what their routes name, and nothing else",
                );
            }
            if listen.is_some_and(|listen| listen.port.is_some()) {
                field(
                    "/spec/listen/port",
                    "gateways listen on the ports of their Gateways",
                );
            }
        }
        Role::Client => {
            if listen.is_some() {
                field("/spec/listen", "gRPC clients do not listen");
            }
        }
    }
    found
}

/// `NAME` (of the class's namespace) or `NAMESPACE/NAME`.
fn named(text: &str, namespace: &Arc<str>) -> Name {
    match text.split_once('/') {
        Some((namespace, name)) => Name {
            namespace: namespace.into(),
            name: name.into(),
        },
        None => Name {
            namespace: namespace.clone(),
            name: text.into(),
        },
    }
}
