//! From one parsed file to the modules in it.

use std::collections::BTreeMap;

use syn::{
    Attribute, ImplItem, Item, Meta, UseTree,
    buffer::{Cursor, TokenBuffer},
    visit::{self, Visit},
};

use super::{Mention, Module, Way, joined};

/// Adds the module `path`, whose text is `parsed`, and the modules written inside it.
pub(super) fn file(
    modules: &mut BTreeMap<Vec<String>, Module>,
    name: &str,
    path: &[String],
    parsed: &syn::File,
) {
    let mut reader = Reader {
        modules,
        file: name.to_owned(),
        path: path.to_vec(),
    };
    reader.module();
    reader.visit_file(parsed);
}

struct Reader<'m> {
    modules: &'m mut BTreeMap<Vec<String>, Module>,
    file: String,
    path: Vec<String>,
}

impl Reader<'_> {
    fn module(&mut self) -> &mut Module {
        let module = self.modules.entry(self.path.clone()).or_default();
        module.file.clone_from(&self.file);
        module
    }

    fn mention(&mut self, path: Vec<String>, way: Way) {
        if let Some(last) = path.last() {
            let last = last.clone();
            self.module().calls.insert(last);
        }
        if way != Way::Use || path.len() > 1 {
            self.module().mentions.push(Mention { path, way });
        }
    }

    fn use_tree(&mut self, tree: &UseTree, prefix: &mut Vec<String>) {
        match tree {
            UseTree::Path(part) => {
                prefix.push(part.ident.to_string());
                self.use_tree(&part.tree, prefix);
                prefix.pop();
            }
            UseTree::Name(leaf) => {
                let name = leaf.ident.to_string();
                self.import(prefix, &name, &name);
            }
            UseTree::Rename(leaf) => {
                self.import(prefix, &leaf.ident.to_string(), &leaf.rename.to_string());
            }
            UseTree::Glob(_) => {
                self.module().globs.push(prefix.clone());
                self.module().mentions.push(Mention {
                    path: prefix.clone(),
                    way: Way::Glob,
                });
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.use_tree(tree, prefix);
                }
            }
        }
    }

    /// `use prefix::name as alias`, where `a::{self}` names `a` itself.
    fn import(&mut self, prefix: &[String], name: &str, alias: &str) {
        let path = if name == "self" {
            prefix.to_vec()
        } else {
            joined(prefix, name)
        };
        let alias = if alias == "self" {
            path.last().cloned().unwrap_or_default()
        } else {
            alias.to_owned()
        };
        self.module().imports.insert(alias, path.clone());
        self.mention(path, Way::Import);
    }

    /// Paths of at least two segments, names and literals in unparsed tokens.
    fn tokens(&mut self, mut cursor: Cursor<'_>) {
        let mut path: Vec<String> = Vec::new();
        while !cursor.eof() {
            if let Some((name, rest)) = cursor.ident() {
                path.push(name.to_string());
                cursor = rest;
                if let Some(rest) = path_separator(cursor) {
                    cursor = rest;
                    continue;
                }
            } else if let Some((literal, rest)) = cursor.literal() {
                self.literal(&literal.to_string());
                cursor = rest;
            } else if let Some((inside, _, _, rest)) = cursor.any_group() {
                self.tokens(inside);
                cursor = rest;
            } else if let Some((_, rest)) = cursor.punct() {
                cursor = rest;
            } else {
                break;
            }
            if !path.is_empty() {
                self.mention(std::mem::take(&mut path), Way::Use);
            }
        }
    }

    /// A string may be a path too: `#[serde(with = "crate::codec")]`.
    fn literal(&mut self, text: &str) {
        let text = text.trim_matches('"');
        if text.starts_with("crate::") || text.starts_with("super::") {
            self.mention(text.split("::").map(str::to_owned).collect(), Way::Use);
        }
        self.module().literals.push(text.to_owned());
    }
}

fn path_separator(cursor: Cursor<'_>) -> Option<Cursor<'_>> {
    let (first, rest) = cursor.punct()?;
    let (second, rest) = rest.punct()?;
    (first.as_char() == ':' && second.as_char() == ':').then_some(rest)
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, name) = head(item);
        let test_only = attributes.iter().any(is_test);
        if let Some(name) = name {
            self.module().items.insert(name.clone());
            if test_only && matches!(item, Item::Mod(_)) {
                self.module().test_only.insert(name);
            }
        }
        if !test_only {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes = match item {
            ImplItem::Fn(item) => item.attrs.as_slice(),
            ImplItem::Const(item) => item.attrs.as_slice(),
            _ => &[],
        };
        if !attributes.iter().any(is_test) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item
            .attrs
            .iter()
            .any(|attribute| attribute.path().is_ident("path"))
        {
            self.module()
                .hidden
                .push(format!("#[path] on mod {}", item.ident));
        }
        self.path.push(item.ident.to_string());
        if item.content.is_some() {
            self.module();
        }
        visit::visit_item_mod(self, item);
        self.path.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let mut prefix = Vec::new();
        if item.leading_colon.is_some() {
            prefix.push("::".to_owned());
        }
        self.use_tree(&item.tree, &mut prefix);
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        let name = if item.ident == "self" {
            "crate".to_owned()
        } else {
            item.ident.to_string()
        };
        let alias = item
            .rename
            .as_ref()
            .map_or_else(|| name.clone(), |(_, alias)| alias.to_string());
        self.module().imports.insert(alias, vec![name.clone()]);
        self.mention(vec![name], Way::Import);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let lead = path.leading_colon.map(|_| "::".to_owned());
        let names = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string());
        self.mention(lead.into_iter().chain(names).collect(), Way::Use);
        visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.module().calls.insert(call.method.to_string());
        visit::visit_expr_method_call(self, call);
    }

    fn visit_lit_str(&mut self, literal: &'ast syn::LitStr) {
        self.module().literals.push(literal.value());
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if call.path.is_ident("include") {
            self.module()
                .hidden
                .push(format!("include!({})", call.tokens));
        }
        self.visit_path(&call.path);
        self.tokens(TokenBuffer::new2(call.tokens.clone()).begin());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if attribute.path().is_ident("doc") {
            return;
        }
        if let Meta::List(list) = &attribute.meta {
            self.tokens(TokenBuffer::new2(list.tokens.clone()).begin());
        }
        visit::visit_attribute(self, attribute);
    }
}

/// `#[cfg(test)]` and `#[cfg(all(test, ..))]`; not `any(test, ..)`, which is compiled without tests too.
fn is_test(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else {
        return attribute.path().is_ident("test");
    };
    let condition = list.tokens.to_string();
    list.path.is_ident("cfg")
        && (condition == "test" || condition.replace(' ', "").starts_with("all(test,"))
}

fn head(item: &Item) -> (&[Attribute], Option<String>) {
    match item {
        Item::Const(i) => (&i.attrs, Some(i.ident.to_string())),
        Item::Enum(i) => (&i.attrs, Some(i.ident.to_string())),
        Item::Fn(i) => (&i.attrs, Some(i.sig.ident.to_string())),
        Item::Macro(i) => (&i.attrs, i.ident.as_ref().map(ToString::to_string)),
        Item::Mod(i) => (&i.attrs, Some(i.ident.to_string())),
        Item::Static(i) => (&i.attrs, Some(i.ident.to_string())),
        Item::Struct(i) => (&i.attrs, Some(i.ident.to_string())),
        Item::Trait(i) => (&i.attrs, Some(i.ident.to_string())),
        Item::TraitAlias(i) => (&i.attrs, Some(i.ident.to_string())),
        Item::Type(i) => (&i.attrs, Some(i.ident.to_string())),
        Item::Union(i) => (&i.attrs, Some(i.ident.to_string())),
        Item::Impl(i) => (&i.attrs, None),
        Item::Use(i) => (&i.attrs, None),
        Item::ExternCrate(i) => (&i.attrs, None),
        Item::ForeignMod(i) => (&i.attrs, None),
        _ => (&[], None),
    }
}
