//! Objects: properties in the order of the schema, then others.

use super::{
    super::{
        charset::CharSet,
        error::{GrammarError, Problem},
        expression::Expr,
    },
    Compiler, Path, Shared, plain,
};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use serde_json::{Map, Value};

/// A member that the schema names.
pub(super) struct Member {
    /// Its key, colon and value.
    pub(super) text: Expr,
    pub(super) is_required: bool,
}

impl<'v> Compiler<'v> {
    pub(super) fn object(
        &mut self,
        map: &'v Map<String, Value>,
        path: &Path,
    ) -> Result<Expr, GrammarError> {
        static ANY: Value = Value::Bool(true);
        let properties = match map.get("properties") {
            None => None,
            Some(Value::Object(properties)) => Some(properties),
            Some(_) => return path.wrong_form("properties", "an object"),
        };
        let required = required(map, path)?;
        // Without a word on others: any, if no property is named, else none.
        let others = match map.get("additionalProperties") {
            None => Some(&ANY).filter(|_| properties.is_none()),
            Some(Value::Bool(false)) => None,
            Some(schema) => Some(schema),
        };

        let mut members = Vec::new();
        let inner = path.child("properties");
        for (name, schema) in properties.into_iter().flatten() {
            let is_required = required.contains(name.as_str());
            if *schema == Value::Bool(false) && !is_required {
                // It must not be there.
                continue;
            }
            let value = self.schema_rule(schema, &inner.child(name))?;
            let text = Self::member(key(name), value);
            members.push(Member { text, is_required });
        }
        let is_named = |name: &str| properties.is_some_and(|map| map.contains_key(name));
        let path_of_others = path.child("additionalProperties");
        for &name in required.iter().filter(|name| !is_named(name)) {
            let schema = match map.get("additionalProperties") {
                Some(Value::Bool(false)) => {
                    let why = "a required property is neither named nor allowed";
                    return path.fail(Problem::Unsatisfiable(why));
                }
                others => others.unwrap_or(&ANY),
            };
            let value = self.schema_rule(schema, &path_of_others)?;
            let text = Self::member(key(name), value);
            members.push(Member { text, is_required: true });
        }
        let other = match others {
            None => None,
            Some(schema) => {
                let mut names: BTreeSet<&str> = required;
                names.extend(properties.into_iter().flat_map(Map::keys).map(String::as_str));
                let key = self.other_key(&names, path);
                let value = self.schema_rule(schema, &path_of_others)?;
                Some(Self::member(key, value))
            }
        };
        Ok(self.members(&members, other))
    }

    /// A key and its value.
    pub(super) fn member(key: Expr, value: Expr) -> Expr {
        Expr::Sequence(vec![key, Expr::text(":"), Expr::text(" ").optional(), value])
    }

    /// An object of these members, and any number of others.
    pub(super) fn members(&mut self, members: &[Member], other: Option<Expr>) -> Expr {
        let space = self.shared(Shared::Space);
        let comma = Expr::Sequence(vec![Expr::text(","), space.clone()]);
        let after_comma = |member: &Expr| Expr::Sequence(vec![comma.clone(), member.clone()]);
        // What may follow once a member is there, from the last on.
        let rest = other.as_ref().map_or(Expr::empty(), |other| after_comma(other).repeat(0, None));
        let mut rests = vec![rest];
        for member in members.iter().rev() {
            let next = rests[rests.len() - 1].clone();
            let text = after_comma(&member.text);
            let text = if member.is_required { text } else { text.optional() };
            let body = Expr::Sequence(vec![text, next]);
            // As a rule, because each is used by all that come before.
            let rule = self.rules.add(String::from("members"), Path::root().place(), Some(body));
            rests.push(Expr::Rule(rule));
        }
        // The first member is any of those before which none is required.
        let mut firsts = Vec::new();
        let mut may_be_empty = true;
        for (index, member) in members.iter().enumerate() {
            let rest = rests[members.len() - 1 - index].clone();
            firsts.push(Expr::Sequence(vec![member.text.clone(), rest, space.clone()]));
            if member.is_required {
                may_be_empty = false;
                break;
            }
        }
        if may_be_empty {
            firsts.extend(
                other.map(|other| Expr::Sequence(vec![other, rests[0].clone(), space.clone()])),
            );
            firsts.push(Expr::empty());
        }
        Expr::Sequence(vec![Expr::text("{"), space, Expr::Choice(firsts), Expr::text("}")])
    }

    /// A key that is none of `names`, without escapes.
    fn other_key(&mut self, names: &BTreeSet<&str>, path: &Path) -> Expr {
        let is_plain = |point: u32| plain().ranges().iter().any(|r| (r.0..=r.1).contains(&point));
        // Names that need escapes are none of these keys anyway.
        let names: Vec<&str> = names
            .iter()
            .copied()
            .filter(|name| name.chars().all(|character| is_plain(character.into())))
            .collect();
        if names.is_empty() {
            return self.shared(Shared::Key);
        }
        // For each beginning of a name: how it may go on, the longer ones first.
        let mut beginnings: BTreeMap<&str, BTreeSet<char>> = BTreeMap::new();
        for name in &names {
            for (index, character) in name.char_indices() {
                beginnings.entry(&name[..index]).or_default().insert(character);
            }
            beginnings.entry(name).or_default();
        }
        let anything = Expr::Class(plain()).repeat(0, None);
        let mut rules: BTreeMap<String, Expr> = BTreeMap::new();
        for (beginning, next) in beginnings.iter().rev() {
            let mut taken: Vec<(u32, u32)> = vec![(0, 0x1F), (0x22, 0x22), (0x5C, 0x5C)];
            taken.extend(next.iter().map(|&character| (character.into(), character.into())));
            let other = Expr::Class(CharSet::new(&taken).negated());
            let mut parts = vec![Expr::Sequence(vec![other, anything.clone()])];
            for &character in next {
                let longer = format!("{beginning}{character}");
                let after = rules.get(&longer).cloned().unwrap_or(Expr::empty());
                parts.push(Expr::Sequence(vec![Expr::text(&character.to_string()), after]));
            }
            if !names.contains(beginning) {
                parts.push(Expr::empty());
            }
            let name = format!("{} other keys", path.pointer);
            let rule = self.rules.add(name, path.place(), Some(Expr::Choice(parts)));
            rules.insert(String::from(*beginning), Expr::Rule(rule));
        }
        let body = rules.remove("").unwrap_or(Expr::empty());
        Expr::Sequence(vec![Expr::text("\""), body, Expr::text("\"")])
    }
}

/// The key of a property as it is written.
fn key(name: &str) -> Expr {
    Expr::Bytes(Value::from(name).to_string().into_bytes())
}

fn required<'m>(
    map: &'m Map<String, Value>,
    path: &Path,
) -> Result<BTreeSet<&'m str>, GrammarError> {
    match map.get("required") {
        None => Ok(BTreeSet::new()),
        Some(Value::Array(names)) if names.iter().all(Value::is_string) => {
            Ok(names.iter().filter_map(Value::as_str).collect())
        }
        Some(_) => path.wrong_form("required", "a list of names"),
    }
}
