//! A parsed template.
//!
//! Chains (`a + b + c`, `x.y[0] | trim`, `elif`) are lists rather than nested nodes, so that the
//! depth of the tree is the depth of brackets and blocks in the source, which the parser limits.

use alloc::{boxed::Box, string::String, vec::Vec};

/// Something that happens, and the line its tag stands in.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) kind: NodeKind,
}

/// What happens.
#[derive(Clone, Debug)]
pub(super) enum NodeKind {
    /// Text as it is.
    Text(String),
    /// `{{ expression }}`.
    Output(Expr),
    /// `if`, `elif`..., `else`.
    If { arms: Vec<(Expr, Vec<Node>)>, otherwise: Vec<Node> },
    /// `for targets in items if filter`, `else`.
    For {
        targets: Vec<String>,
        items: Expr,
        filter: Option<Expr>,
        body: Vec<Node>,
        otherwise: Vec<Node>,
    },
    /// `set target = value`.
    Set { target: Target, value: Expr },
    /// `set target`, with filters, up to `endset`.
    SetBlock { target: Target, filters: Vec<Postfix>, body: Vec<Node> },
    /// `filter`, up to `endfilter`.
    Filter { filters: Vec<Postfix>, body: Vec<Node> },
    /// `with names = values`, up to `endwith`.
    With { bindings: Vec<(String, Expr)>, body: Vec<Node> },
    /// `macro`: index into the template's macros.
    Macro(usize),
    /// Nodes that belong together without a meaning here (`generation`).
    Group(Vec<Node>),
    /// `break`.
    Break,
    /// `continue`.
    Continue,
}

/// What `set` sets.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// One name, or several that a list is taken apart into.
    Names(Vec<String>),
    /// An attribute of a namespace.
    Attribute(String, String),
}

/// A macro.
#[derive(Clone, Debug)]
pub(super) struct Macro {
    pub(super) name: String,
    /// Parameters with their default values.
    pub(super) parameters: Vec<(String, Option<Expr>)>,
    pub(super) body: Vec<Node>,
}

/// Something that has a value.
#[derive(Clone, Debug)]
pub(super) enum Expr {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    Name(String),
    List(Vec<Expr>),
    Map(Vec<(Expr, Expr)>),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    Positive(Box<Expr>),
    /// Operands joined from left to right by operators of one precedence.
    Arithmetic(Box<Expr>, Vec<(Arithmetic, Expr)>),
    /// Chained as in Python: each holds of its two neighbours.
    Compare(Box<Expr>, Vec<(Comparison, Expr)>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    /// `then if condition else otherwise`.
    Conditional {
        then: Box<Expr>,
        condition: Box<Expr>,
        otherwise: Option<Box<Expr>>,
    },
    /// What follows a value, in order.
    Postfix(Box<Expr>, Vec<Postfix>),
}

/// An operator that makes a value of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Concatenate,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
    Power,
}

/// An operator that compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
}

/// What follows a value.
#[derive(Clone, Debug)]
pub(super) enum Postfix {
    /// `.name`.
    Attribute(String),
    /// `[index]`.
    Index(Expr),
    /// `[from:to:step]`.
    Slice(Option<Expr>, Option<Expr>, Option<Expr>),
    /// `(arguments)`.
    Call(Arguments),
    /// `| name(arguments)`.
    Filter(String, Arguments),
    /// `is name(arguments)`.
    Test { name: String, arguments: Arguments, is_negated: bool },
}

/// Arguments of a call.
#[derive(Clone, Debug, Default)]
pub(super) struct Arguments {
    pub(super) positional: Vec<Expr>,
    pub(super) named: Vec<(String, Expr)>,
}
