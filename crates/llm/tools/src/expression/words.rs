//! What the words and symbols of the calculator mean.

use super::function::Function;

/// An operation on what stands left and right of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Infix {
    Plus,
    Minus,
    /// `5 subtracted from 20`.
    MinusFrom,
    /// `5 more than 20`, `5% more than 20`.
    MoreThan,
    Times,
    /// `of`, which multiplies a percentage and, less certainly, any other share.
    Of,
    Divide,
    Remainder,
    /// `25% off 80`.
    Off,
    /// `20% on 64`.
    On,
}

/// An operation on what stands before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Postfix {
    Squared,
    Cubed,
    Factorial,
    Percent,
    Degrees,
    /// `five and a half`.
    AndHalf,
}

/// A sentence that begins with its verb, and the words between its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verb {
    pub connectors: &'static [&'static str],
    pub operation: Infix,
    /// `subtract 5 from 20`.
    pub is_reversed: bool,
    /// `difference between 5 and 8` is 3.
    pub is_absolute: bool,
    /// `raise 2 to the power of 10`: what follows may be all.
    pub stands_alone: bool,
}

pub const SUMS: &[(&str, Infix)] = &[
    ("+", Infix::Plus),
    ("plus", Infix::Plus),
    ("added to", Infix::Plus),
    ("and add", Infix::Plus),
    ("then add", Infix::Plus),
    ("and then add", Infix::Plus),
    ("and subtract", Infix::Minus),
    ("then subtract", Infix::Minus),
    ("and then subtract", Infix::Minus),
    ("increased by", Infix::Plus),
    ("-", Infix::Minus),
    ("minus", Infix::Minus),
    ("less", Infix::Minus),
    ("take away", Infix::Minus),
    ("decreased by", Infix::Minus),
    ("reduced by", Infix::Minus),
    ("subtracted from", Infix::MinusFrom),
    ("less than", Infix::MinusFrom),
    ("fewer than", Infix::MinusFrom),
    ("more than", Infix::MoreThan),
    ("raised by", Infix::Plus),
    ("goes up by", Infix::Plus),
    ("went up by", Infix::Plus),
    ("rises by", Infix::Plus),
    ("rose by", Infix::Plus),
    ("grows by", Infix::Plus),
    ("grew by", Infix::Plus),
    ("goes down by", Infix::Minus),
    ("went down by", Infix::Minus),
    ("drops by", Infix::Minus),
    ("dropped by", Infix::Minus),
    ("falls by", Infix::Minus),
    ("fell by", Infix::Minus),
    ("lowered by", Infix::Minus),
    ("cut by", Infix::Minus),
    ("and take away", Infix::Minus),
    ("then take away", Infix::Minus),
    ("and then take away", Infix::Minus),
];

pub const PRODUCTS: &[(&str, Infix)] = &[
    ("*", Infix::Times),
    ("x", Infix::Times),
    ("times", Infix::Times),
    ("multiplied by", Infix::Times),
    ("multiplied with", Infix::Times),
    ("of", Infix::Of),
    ("/", Infix::Divide),
    ("over", Infix::Divide),
    ("divided by", Infix::Divide),
    ("divided among", Infix::Divide),
    ("divided between", Infix::Divide),
    ("divided into", Infix::Divide),
    ("divided equally among", Infix::Divide),
    ("divided equally between", Infix::Divide),
    ("divided evenly among", Infix::Divide),
    ("divided evenly between", Infix::Divide),
    ("split", Infix::Divide),
    ("split by", Infix::Divide),
    ("split among", Infix::Divide),
    ("split between", Infix::Divide),
    ("split into", Infix::Divide),
    ("split evenly among", Infix::Divide),
    ("split evenly between", Infix::Divide),
    ("split equally among", Infix::Divide),
    ("split equally between", Infix::Divide),
    ("shared by", Infix::Divide),
    ("shared among", Infix::Divide),
    ("shared between", Infix::Divide),
    ("shared equally by", Infix::Divide),
    ("shared equally among", Infix::Divide),
    ("shared equally between", Infix::Divide),
    ("shared evenly among", Infix::Divide),
    ("%", Infix::Remainder),
    ("mod", Infix::Remainder),
    ("modulo", Infix::Remainder),
];

/// Behind a percentage.
pub const SHARES: &[(&str, Infix)] =
    &[("of", Infix::Of), ("on", Infix::On), ("off", Infix::Off), ("off of", Infix::Off)];

pub const POWERS: &[(&str, ())] = &[
    ("^", ()),
    ("to the power of", ()),
    ("to the power", ()),
    ("raised to", ()),
    ("raised to the power", ()),
    ("raised to the power of", ()),
];

/// Before an exponent that is an ordinal: `2 to the 10th`.
pub const ORDINAL_POWERS: &[(&str, ())] = &[("to the", ()), ("raised to the", ())];

pub const POSTFIXES: &[(&str, Postfix)] = &[
    ("squared", Postfix::Squared),
    ("²", Postfix::Squared),
    ("cubed", Postfix::Cubed),
    ("³", Postfix::Cubed),
    ("factorial", Postfix::Factorial),
    ("!", Postfix::Factorial),
    ("percent", Postfix::Percent),
    ("per cent", Postfix::Percent),
    ("°", Postfix::Degrees),
    ("degree", Postfix::Degrees),
    ("degrees", Postfix::Degrees),
    ("and a half", Postfix::AndHalf),
];

/// Parts of a whole, as they stand behind a number: `three quarters`.
pub const FRACTIONS: &[(&str, i128)] = &[
    ("half", 2),
    ("halve", 2),
    ("halves", 2),
    ("third", 3),
    ("thirds", 3),
    ("quarter", 4),
    ("quarters", 4),
    ("fourth", 4),
    ("fourths", 4),
    ("fifth", 5),
    ("fifths", 5),
    ("sixth", 6),
    ("sixths", 6),
    ("seventh", 7),
    ("sevenths", 7),
    ("eighth", 8),
    ("eighths", 8),
    ("ninth", 9),
    ("ninths", 9),
    ("tenth", 10),
    ("tenths", 10),
    ("hundredth", 100),
    ("hundredths", 100),
];

/// Ordinals that are no fractions, and those that are, as exponents and degrees of roots.
pub const ORDINALS: &[(&str, i128)] = &[
    ("first", 1),
    ("second", 2),
    ("third", 3),
    ("fourth", 4),
    ("fifth", 5),
    ("sixth", 6),
    ("seventh", 7),
    ("eighth", 8),
    ("ninth", 9),
    ("tenth", 10),
    ("twelfth", 12),
];

/// Multiples of what follows.
pub const MULTIPLES: &[(&str, i128)] = &[("double", 2), ("twice", 2), ("triple", 3), ("thrice", 3)];

/// Powers of what follows.
pub const POWERS_OF: &[(&str, i128)] = &[("square of", 2), ("cube of", 3)];

/// Functions by the words for them; what they are applied to follows, with or without `of`.
pub const FUNCTIONS: &[(&str, Function)] = &[
    ("square root", Function::Sqrt),
    ("√", Function::Sqrt),
    ("root", Function::Sqrt),
    ("cube root", Function::Cbrt),
    ("cubic root", Function::Cbrt),
    ("absolute value", Function::Abs),
    ("natural log", Function::Ln),
    ("natural logarithm", Function::Ln),
    ("logarithm", Function::Log),
    ("log10", Function::Log),
    ("sine", Function::Sin),
    ("cosine", Function::Cos),
    ("tangent", Function::Tan),
    ("factorial", Function::Factorial),
    ("total", Function::Sum),
    ("sum up", Function::Sum),
    ("add", Function::Sum),
    ("add up", Function::Sum),
    ("average", Function::Mean),
    ("arithmetic mean", Function::Mean),
    ("maximum", Function::Max),
    ("largest", Function::Max),
    ("minimum", Function::Min),
    ("smallest", Function::Min),
    ("greatest common divisor", Function::Gcd),
    ("greatest common factor", Function::Gcd),
    ("highest common factor", Function::Gcd),
    ("least common multiple", Function::Lcm),
    ("lowest common multiple", Function::Lcm),
];

const fn verb(connectors: &'static [&'static str], operation: Infix) -> Verb {
    Verb { connectors, operation, is_reversed: false, is_absolute: false, stands_alone: false }
}

const SHARE: Verb = verb(
    &[
        "by",
        "among",
        "between",
        "into",
        "evenly among",
        "evenly between",
        "equally among",
        "equally between",
        "in",
    ],
    Infix::Divide,
);
const RAISE: Verb = verb(&["by"], Infix::Plus);
const LOWER: Verb = verb(&["by"], Infix::Minus);
const TAKE: Verb = Verb { is_reversed: true, ..verb(&["from", "away from"], Infix::Minus) };
const DIFFERENCE: Verb = Verb { is_absolute: true, ..verb(&["and"], Infix::Minus) };
const REMAINDER: Verb =
    verb(&["divided by", "is divided by", "and", "by", "/", "over"], Infix::Remainder);

pub const VERBS: &[(&str, Verb)] = &[
    ("subtract", TAKE),
    ("take", TAKE),
    ("deduct", TAKE),
    ("multiply", verb(&["by", "with", "and"], Infix::Times)),
    ("divide", SHARE),
    ("split", SHARE),
    ("share", SHARE),
    ("increase", RAISE),
    ("raise", Verb { stands_alone: true, ..RAISE }),
    ("decrease", LOWER),
    ("reduce", LOWER),
    ("lower", LOWER),
    ("difference between", DIFFERENCE),
    ("difference of", DIFFERENCE),
    ("remainder of", REMAINDER),
    ("remainder when", REMAINDER),
    ("remainder from", REMAINDER),
    ("quotient of", verb(&["and"], Infix::Divide)),
    ("ratio of", verb(&["to", "and"], Infix::Divide)),
];

/// Words for money.
pub const CURRENCIES: &[&str] = &["euro", "euros", "eur", "dollar", "dollars", "usd", "pounds"];

/// Words that stand behind a number and only say what is counted, or how.
pub const COUNTED: &[&str] = &[
    "euro",
    "euros",
    "eur",
    "dollar",
    "dollars",
    "usd",
    "pounds",
    "bucks",
    "people",
    "persons",
    "friends",
    "children",
    "kids",
    "guests",
    "ways",
    "parts",
    "pieces",
    "items",
    "evenly",
    "equally",
    "together",
    "altogether",
];

/// Behind a verb, before the number that is meant.
pub const SUMS_OF_MONEY: &[&str] =
    &["a bill of", "the bill of", "my bill of", "our bill of", "a total of", "the total of"];

/// What a percentage may be that is added, taken or given.
pub const PERCENT_OF_WHAT: &[&str] =
    &["tip", "tax", "vat", "discount", "interest", "sales tax", "service charge"];

/// Words between a price and what it is reduced by.
pub const BEFORE_DISCOUNT: &[&str] =
    &["and", "is", "are", "with", "at", "a", "it", "it's", "now", ","];
