//! The language as scripts get it.

use super::{
    builtins,
    guard::{self, Guard},
};
use crate::Limits;
use ::rhai::{
    Dynamic, Engine, EvalAltResult, EvalContext,
    packages::{
        ArithmeticPackage, BasicArrayPackage, BasicFnPackage, BasicIteratorPackage,
        BasicMapPackage, BasicMathPackage, BasicStringPackage, LogicPackage, MoreStringPackage,
        Package,
    },
};
use alloc::{boxed::Box, rc::Rc};

/// Bytes of all strings in one value.
pub(super) const MAX_STRING_BYTES: usize = 64 * 1024;
/// Elements of all arrays in one value.
pub(super) const MAX_ARRAY_LEN: usize = 16 * 1024;
/// Entries of all maps in one value.
const MAX_MAP_LEN: usize = 4096;
/// How deeply expressions and blocks may nest in the text.
const MAX_EXPRESSION_DEPTH: usize = 64;
/// Variables of one function.
const MAX_VARIABLES: usize = 128;
/// Functions of a script.
const MAX_FUNCTIONS: usize = 128;

/// An engine whose scripts `guard` watches over.
pub(super) fn new(limits: &Limits, guard: &Rc<Guard>) -> Engine {
    let mut engine = Engine::new_raw();
    ArithmeticPackage::new().register_into_engine(&mut engine);
    BasicArrayPackage::new().register_into_engine(&mut engine);
    BasicFnPackage::new().register_into_engine(&mut engine);
    BasicIteratorPackage::new().register_into_engine(&mut engine);
    BasicMapPackage::new().register_into_engine(&mut engine);
    BasicMathPackage::new().register_into_engine(&mut engine);
    BasicStringPackage::new().register_into_engine(&mut engine);
    LogicPackage::new().register_into_engine(&mut engine);
    MoreStringPackage::new().register_into_engine(&mut engine);
    builtins::register(&mut engine);

    engine
        .set_max_call_levels(limits.call_depth)
        .set_max_string_size(MAX_STRING_BYTES)
        .set_max_array_size(MAX_ARRAY_LEN)
        .set_max_map_size(MAX_MAP_LEN)
        .set_max_expr_depths(MAX_EXPRESSION_DEPTH, MAX_EXPRESSION_DEPTH)
        .set_max_variables(MAX_VARIABLES)
        .set_max_functions(MAX_FUNCTIONS)
        .disable_symbol("eval")
        // Its value is used past `watch_variable`.
        .disable_symbol("this");

    let watcher = Rc::clone(guard);
    engine.on_progress(move |_| (!watcher.may_go_on()).then_some(Dynamic::UNIT));
    let printer = Rc::clone(guard);
    engine.on_print(move |line| printer.print(line));
    let printer = Rc::clone(guard);
    engine.on_debug(move |line, _, _| printer.print(line));
    let watcher = Rc::clone(guard);
    #[expect(deprecated, reason = "marked so because its signature may change with a version")]
    engine.on_var(move |name, _, context| watch_variable(&watcher, name, context));
    engine
}

/// Marks the copy of a variable that a closure holds. Scripts can neither see nor set it.
const COPY_TAG: i32 = 1;

/// Called before a variable is used; may give a value in its place, which then is constant.
///
/// The engine makes a variable shared when a closure captures it, and uses it next to hand it to
/// the closure. Here it is made an ordinary one again, and the closure gets a marked copy. Where a
/// marked copy is used, it is given as a constant.
fn watch_variable(
    guard: &Guard,
    name: &str,
    mut context: EvalContext<'_, '_, '_, '_, '_, '_>,
) -> Result<Option<Dynamic>, Box<EvalAltResult>> {
    let level = context.call_level();
    let scope = context.scope_mut();
    if !guard.may_use(level, scope) {
        return Err(guard::end());
    }
    let Some(variable) = scope.get(name) else { return Ok(None) };
    if variable.is_shared() {
        let mut copy = variable.flatten_clone();
        copy.set_tag(0);
        // A constant stays shared, and nothing can change it.
        if let Some(variable) = scope.get_mut(name) {
            *variable = copy.clone();
        }
        copy.set_tag(COPY_TAG);
        Ok(Some(copy))
    } else if variable.tag() == COPY_TAG {
        let mut copy = variable.clone();
        copy.set_tag(0);
        Ok(Some(copy))
    } else {
        Ok(None)
    }
}
