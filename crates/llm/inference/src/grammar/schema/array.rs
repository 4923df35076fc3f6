//! Arrays: elements of the first positions, then all others alike.

use super::{
    super::{
        error::{GrammarError, Problem},
        expression::Expr,
    },
    Compiler, Path, Shared, counts,
};
use alloc::{
    string::{String, ToString},
    vec,
    vec::Vec,
};
use serde_json::{Map, Value};

impl<'v> Compiler<'v> {
    pub(super) fn array(
        &mut self,
        map: &'v Map<String, Value>,
        path: &Path,
    ) -> Result<Expr, GrammarError> {
        let (min, max) = counts(map, "minItems", "maxItems", path)?;
        let mut first = Vec::new();
        match map.get("prefixItems") {
            None => {}
            Some(Value::Array(schemas)) => {
                let inner = path.child("prefixItems");
                for (index, schema) in schemas.iter().enumerate() {
                    first.push(self.schema_rule(schema, &inner.child(&index.to_string()))?);
                }
            }
            Some(_) => return path.wrong_form("prefixItems", "a list of schemas"),
        }
        let has_all = first.len() as u64 >= u64::from(min) && !first.is_empty();
        let others = match map.get("items") {
            // Without a word on others: as few as need be.
            None if has_all => None,
            None => Some(self.shared(Shared::Value)),
            Some(Value::Bool(false)) => None,
            Some(schema) => Some(self.schema_rule(schema, &path.child("items"))?),
        };
        if others.is_none() && (first.len() as u64) < u64::from(min) {
            return path.fail(Problem::Unsatisfiable("fewer items than minItems are allowed"));
        }
        Ok(self.elements(&first, others, min, max))
    }

    /// An array of `min..=max` elements, the first of which are `first`.
    pub(super) fn elements(
        &mut self,
        first: &[Expr],
        others: Option<Expr>,
        min: u32,
        max: Option<u32>,
    ) -> Expr {
        let space = self.shared(Shared::Space);
        let (open, close) = (Expr::text("["), Expr::text("]"));
        let first = &first[..first.len().min(max.map_or(usize::MAX, |max| max as usize))];
        let Some(one) = first.first().or(others.as_ref()).filter(|_| max != Some(0)) else {
            return Expr::Sequence(vec![open, space, close]);
        };
        let after_comma =
            |element: &Expr| Expr::Sequence(vec![Expr::text(","), space.clone(), element.clone()]);
        // What follows the elements that have a place of their own, or the first.
        let placed = (first.len() as u32).max(1);
        let mut rest = match &others {
            Some(other) => {
                let max = max.map(|max| max.saturating_sub(placed));
                after_comma(other).repeat(min.saturating_sub(placed), max)
            }
            None => Expr::empty(),
        };
        for (index, element) in first.iter().enumerate().skip(1).rev() {
            let body = Expr::Sequence(vec![after_comma(element), rest]);
            let body = if index as u64 >= u64::from(min) { body.optional() } else { body };
            // As a rule, so that long lists do not nest.
            let rule = self.rules.add(String::from("elements"), Path::root().place(), Some(body));
            rest = Expr::Rule(rule);
        }
        let some = Expr::Sequence(vec![one.clone(), rest, space.clone()]);
        let some = if min == 0 { some.optional() } else { some };
        Expr::Sequence(vec![open, space, some, close])
    }
}
