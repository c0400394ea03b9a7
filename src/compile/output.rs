//! What became of a unit.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    LayerKey, Target, Unit,
    overlay::Selects,
    virtual_host::{AllHosts, JoinedHosts, VirtualHost},
};
use crate::{
    snapshot::{Problem, Resource, TypeIx},
    view::Name,
};

/// What became of a unit, and what was wrong with the documents it read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Output {
    /// What was made.
    pub product: Product,
    /// What did not compile as declared.
    pub problems: Vec<Problem>,
}

/// What a unit makes.
#[derive(Debug, Clone, Default)]
pub enum Product {
    /// Nothing: what it names is not there, or it only looks for problems.
    #[default]
    Nothing,
    /// A resource, and the targets that its routes send requests to.
    Resource(Arc<Resource>, Arc<[Target]>),
    /// A virtual host, to be joined.
    VirtualHost(Arc<VirtualHost>),
    /// Virtual hosts, joined.
    VirtualHosts(Arc<JoinedHosts>),
    /// What virtual hosts name and come from.
    AllHosts(Arc<AllHosts>),
    /// Host names, and the HTTPRoutes of each in name order.
    GatewayHosts(Arc<BTreeMap<Arc<str>, Arc<[Name]>>>),
    /// Units that are wanted, and where they belong.
    Placements(Arc<[Placement]>),
    /// What a raw resource is called.
    Named(TypeIx, Arc<str>),
    /// What a patch is for.
    Selects(Arc<Selects>),
    /// What a proxy has.
    Contents(Arc<Contents>),
}

/// A unit that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Placement {
    /// The unit.
    pub unit: Unit,
    /// Where its resource belongs; nothing: it is wanted for its problems.
    pub layer: Option<LayerKey>,
}

/// What a proxy has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// Layers that it shares with others, in order. No two hold a name of the same type.
    pub shared: Vec<LayerKey>,
    /// Units of its own layer, sorted, each once.
    pub own: Vec<Unit>,
    /// Units whose resources stand in the place of those that have their names, or beside them:
    /// raw and patched ones. Sorted; no two have one name.
    pub over: Vec<Unit>,
}

impl Output {
    pub(super) fn resource(resource: Resource) -> Self {
        Self {
            product: Product::Resource(Arc::new(resource), Arc::default()),
            problems: Vec::new(),
        }
    }

    pub(super) fn problem(problem: Problem) -> Self {
        Self::problems(vec![problem])
    }

    pub(super) fn problems(problems: Vec<Problem>) -> Self {
        Self {
            product: Product::Nothing,
            problems,
        }
    }

    pub(super) fn contents(contents: Contents, problems: Vec<Problem>) -> Self {
        Self {
            product: Product::Contents(Arc::new(contents)),
            problems,
        }
    }

    pub(super) fn placements(mut placements: Vec<Placement>, problems: Vec<Problem>) -> Self {
        placements.sort_unstable();
        placements.dedup();
        Self {
            product: Product::Placements(placements.into()),
            problems,
        }
    }
}

/// Equal outputs need not be told apart by anyone: bytes, references and provenance are the same.
impl PartialEq for Product {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nothing, Self::Nothing) => true,
            (Self::Resource(a, to_a), Self::Resource(b, to_b)) => {
                a == b
                    && a.version() == b.version()
                    && a.provenance() == b.provenance()
                    && a.refs() == b.refs()
                    && to_a == to_b
            }
            (Self::VirtualHost(a), Self::VirtualHost(b)) => a == b,
            (Self::VirtualHosts(a), Self::VirtualHosts(b)) => a == b,
            (Self::AllHosts(a), Self::AllHosts(b)) => a == b,
            (Self::GatewayHosts(a), Self::GatewayHosts(b)) => a == b,
            (Self::Placements(a), Self::Placements(b)) => a == b,
            (Self::Named(a, called), Self::Named(b, other)) => a == b && called == other,
            (Self::Selects(a), Self::Selects(b)) => a == b,
            (Self::Contents(a), Self::Contents(b)) => a == b,
            _ => false,
        }
    }
}
