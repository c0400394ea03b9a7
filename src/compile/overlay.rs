//! What lies over the resources that are compiled for a class of proxies: raw ones, and those that
//! patches change.
//!
//! A raw resource stands in the place of a compiled one of its type and name, for its class alone.
//! Patches see what is there then, in the order of their names.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Audience, Contents, LayerKey, Lens, Output, Product, Unit, problems};
use crate::{
    model::{Kind, Spec},
    snapshot::{Problem, TypeIx, type_called},
    view::{Fact, Index, Name, glob},
};

/// Resources by type and name, and the units that make them.
type Named = BTreeMap<(TypeIx, Arc<str>), Unit>;

/// What a patch is for: the part of it that a proxy's contents depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selects {
    ty: TypeIx,
    /// With `*` for any run of characters.
    name: Arc<str>,
    /// How many resources it must fit; 0: any number.
    count: u32,
}

/// What the EnvoyPatch `patch` is for.
pub(super) fn selects(patch: &Name, lens: &mut Lens<'_>) -> Output {
    let product = match lens.spec(Kind::EnvoyPatch, patch) {
        Some(Spec::EnvoyPatch(spec)) => type_called(&spec.select.kind).map(|ty| {
            Product::Selects(Arc::new(Selects {
                ty,
                name: spec.select.name.clone(),
                count: spec.must_match.unwrap_or(1),
            }))
        }),
        _ => None,
    };
    Output {
        product: product.unwrap_or_default(),
        problems: Vec::new(),
    }
}

/// Lays the raw resources and the patches of the proxy's class over `contents`. What is wrong with
/// them is answered.
pub(super) fn lay(contents: &mut Contents, lens: &mut Lens<'_>) -> Vec<Problem> {
    let Some(class) = lens.fact(Fact::Class) else {
        return Vec::new();
    };
    let raws = lens.entry(Index::RawOf(class.clone()));
    let patches = lens.entry(Index::PatchesOf(class.clone()));
    if raws.is_empty() && patches.is_empty() {
        return Vec::new();
    }
    let mut problems = Vec::new();
    let mut all = compiled(contents, lens);
    let mut over = raw_ones(raws.iter(), &all, lens, &mut problems);
    all.extend(over.iter().map(|(key, unit)| (key.clone(), unit.clone())));
    let mut patched: BTreeMap<&(TypeIx, Arc<str>), Vec<Name>> = BTreeMap::new();
    for patch in patches {
        let selects = lens.output(&Unit::Selects(patch.clone()));
        let Some(Product::Selects(selects)) = selects.map(|output| &output.product) else {
            continue;
        };
        let fitting = all
            .keys()
            .filter(|(ty, name)| *ty == selects.ty && glob(&selects.name, name));
        let fitting: Vec<_> = fitting.collect();
        let expected = selects.count;
        if expected != 0 && u32::try_from(fitting.len()) != Ok(expected) {
            problems.push(problems::patch_matches(patch, expected, fitting.len()));
            continue;
        }
        for key in fitting {
            patched.entry(key).or_default().push(patch.clone());
        }
    }
    for (key, patches) in patched {
        if let Some(unit) = all.get(key) {
            let unit = Unit::Patched(Box::new(unit.clone()), patches.into());
            over.insert(key.clone(), unit);
        }
    }
    contents.over = over.into_values().collect();
    contents.over.sort_unstable();
    problems
}

/// The raw resources of a class; of two with one name the first.
fn raw_ones<'a>(
    raws: impl Iterator<Item = &'a Name>,
    compiled: &Named,
    lens: &mut Lens<'_>,
    problems: &mut Vec<Problem>,
) -> Named {
    let mut found = Named::new();
    for raw in raws {
        let named = lens.output(&Unit::RawName(raw.clone()));
        let Some(Product::Named(ty, name)) = named.map(|output| &output.product) else {
            continue;
        };
        let key = (*ty, name.clone());
        if let Some(Unit::RawAs(first, ..)) = found.get(&key) {
            problems.push(problems::raw_twice(raw, first, *ty, name));
            continue;
        }
        if compiled.contains_key(&key) {
            problems.push(problems::raw_hides(raw, *ty, name));
        }
        found.insert(key, Unit::RawAs(raw.clone(), *ty, name.clone()));
    }
    found
}

/// Everything that a proxy with these contents has.
fn compiled(contents: &Contents, lens: &mut Lens<'_>) -> Named {
    let mut units: BTreeSet<Unit> = contents.own.iter().cloned().collect();
    for layer in &contents.shared {
        for unit in of_layer(layer, lens) {
            units.insert(unit);
        }
    }
    let named = units
        .into_iter()
        .filter_map(|unit| Some((unit.names()?, unit)));
    named.collect()
}

fn everywhere(audience: Audience, lens: &mut Lens<'_>) -> Vec<Unit> {
    let namespaces = lens.namespaces().iter();
    namespaces
        .map(|namespace| Unit::Inventory(namespace.clone(), audience))
        .collect()
}

fn of_layer(layer: &LayerKey, lens: &mut Lens<'_>) -> Vec<Unit> {
    let listed: Vec<Unit> = match layer {
        LayerKey::Mesh(audience) => everywhere(*audience, lens),
        LayerKey::GrpcServers => everywhere(Audience::Grpc, lens),
        LayerKey::Namespace(namespace, audience) => {
            vec![Unit::Inventory(namespace.clone(), *audience)]
        }
        LayerKey::ShortNames(namespace) => {
            vec![Unit::Inventory(namespace.clone(), Audience::Grpc)]
        }
        LayerKey::Class(class) => vec![Unit::GatewayContents(class.clone())],
    };
    let mut units = Vec::new();
    for unit in listed {
        let placed = lens.output(&unit);
        if let Some(Product::Placements(placements)) = placed.map(|output| &output.product) {
            let here = placements
                .iter()
                .filter(|placement| placement.layer.as_ref() == Some(layer));
            units.extend(here.map(|placement| placement.unit.clone()));
        }
    }
    units
}

/// The units of all Services of `namespace`, where they belong.
pub(super) fn inventory(namespace: &Arc<str>, audience: Audience, lens: &mut Lens<'_>) -> Output {
    let mut placements = Vec::new();
    for service in lens.entry(Index::ServicesIn(namespace.clone())) {
        let roster = lens.output(&Unit::Roster(service.clone(), audience));
        if let Some(Product::Placements(placed)) = roster.map(|output| &output.product) {
            placements.extend(placed.iter().cloned());
        }
    }
    Output::placements(placements, Vec::new())
}
