//! Programs about one or two numbers.

use super::{Parameter, Program, program};

/// The programs. Of those that fit a request equally well, the first is taken.
pub(super) const PROGRAMS: &[Program] = &[
    program!(
        [&["fibonacci"], &["nth", "fibonacci"], &["fibonacci", "number"]],
        Parameter::Number(None),
        r#"
// Numbers as lists of parts below 10^15, the last part first: they outgrow 64 bits at n = 93.
fn add(a, b) {
    let sum = [];
    let carry = 0;
    for i in 0..b.len() {
        let part = b[i] + carry;
        if i < a.len() { part += a[i]; }
        sum.push(part % 1000000000000000);
        carry = part / 1000000000000000;
    }
    if carry > 0 { sum.push(carry); }
    sum
}
let a = [0];
let b = [1];
for i in 0..@n {
    let next = add(a, b);
    a = b;
    b = next;
}
let text = a.pop().to_string();
while a.len() > 0 {
    let part = (1000000000000000 + a.pop()).to_string();
    text += part.sub_string(1);
}
text
"#,
        "Use a program to compute the 20th Fibonacci number." => "6765",
    ),
    program!(
        [&["factorial"]],
        Parameter::Number(None),
        r#"
// Parts below 10^9, the last part first: factorials outgrow 64 bits at n = 21.
let parts = [1];
for factor in 2..=@n {
    let carry = 0;
    for i in 0..parts.len() {
        let product = parts[i] * factor + carry;
        parts[i] = product % 1000000000;
        carry = product / 1000000000;
    }
    if carry > 0 { parts.push(carry); }
}
let text = parts.pop().to_string();
while parts.len() > 0 {
    let part = (1000000000 + parts.pop()).to_string();
    text += part.sub_string(1);
}
text
"#,
        "What is the factorial of 12?" => "479001600",
    ),
    program!(
        [&["nth", "prime"]],
        Parameter::Number(None),
        r#"
let list = [];
let n = 1;
while list.len() < @n {
    n += 1;
    let is_prime = true;
    for p in list {
        if p * p > n { break; }
        if n % p == 0 { is_prime = false; break; }
    }
    if is_prime { list.push(n); }
}
n
"#,
        "What is the 100th prime?" => "541",
    ),
    program!(
        [&["is", "prime"], &["check", "prime"], &["whether", "prime"], &["is", "prime", "number"]],
        Parameter::Number(None),
        r#"
let n = @n;
let d = 2;
while d * d <= n && n % d != 0 { d += 1; }
if n < 2 { `${n} is not prime` }
else if d * d > n { `${n} is prime` }
else { `${n} = ${d} * ${n / d} is not prime` }
"#,
        "Is 97 prime?" => "97 is prime",
    ),
    program!(
        [
            &["prime", "factors"],
            &["factorize"],
            &["factorise"],
            &["prime", "factorization"],
            &["prime", "factorisation"]
        ],
        Parameter::Number(None),
        r#"
let n = @n;
let factors = [];
let d = 2;
while d * d <= n {
    while n % d == 0 {
        factors.push(d);
        n /= d;
    }
    d += 1;
}
if n > 1 { factors.push(n); }
factors
"#,
        "Find the prime factors of 360." => "[2, 2, 2, 3, 3, 5]",
    ),
    program!(
        [&["divisors"], &["factors"]],
        Parameter::Number(None),
        r#"
let n = @n;
let list = [];
for d in 1..=n {
    if n % d == 0 { list.push(d); }
}
list
"#,
        "Which divisors does 28 have?" => "[1, 2, 4, 7, 14, 28]",
    ),
    program!(
        [&["gcd"], &["greatest", "common"], &["highest", "common"]],
        Parameter::Pair,
        r#"
let a = @a;
let b = @b;
while b != 0 {
    let rest = a % b;
    a = b;
    b = rest;
}
abs(a)
"#,
        "What is the greatest common divisor of 84 and 126?" => "42",
    ),
    program!(
        [&["lcm"], &["least", "common"], &["lowest", "common"]],
        Parameter::Pair,
        r#"
let a = @a;
let b = @b;
while b != 0 {
    let rest = a % b;
    a = b;
    b = rest;
}
if a == 0 { 0 } else { abs(@a / a * @b) }
"#,
        "Find the least common multiple of 12 and 18." => "36",
    ),
    program!(
        [&["digits", "sum"], &["digit", "sum"], &["sum", "digits", "numbers"]],
        Parameter::Number(None),
        r#"
let n = abs(@n);
let sum = 0;
while n > 0 {
    sum += n % 10;
    n /= 10;
}
sum
"#,
        "What is the sum of the digits of 98765?" => "35",
    ),
    program!(
        [&["collatz"], &["3n+1"]],
        Parameter::Number(None),
        r#"
let n = @n;
let steps = 0;
while n > 1 {
    if n % 2 == 0 { n /= 2; } else { n = 3 * n + 1; }
    steps += 1;
}
steps
"#,
        "How many Collatz steps does 27 take?" => "111",
    ),
    program!(
        [&["leap"], &["leap", "year"]],
        Parameter::Number(None),
        r#"
let year = @n;
year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
"#,
        "Is 2024 a leap year?" => "true",
    ),
    program!(
        [&["binary"], &["binary", "of"], &["to", "binary"]],
        Parameter::Number(None),
        r#"
let n = @n;
let digits = "";
do {
    digits = (n % 2).to_string() + digits;
    n /= 2;
} while n > 0;
digits
"#,
        "What is 37 in binary?" => "100101",
    ),
    program!(
        [&["hexadecimal"], &["hex"]],
        Parameter::Number(None),
        r#"
let n = @n;
let digits = "";
do {
    digits = "0123456789abcdef".sub_string(n % 16, 1) + digits;
    n /= 16;
} while n > 0;
digits
"#,
        "Convert 255 to hexadecimal." => "ff",
    ),
    program!(
        [&["binary", "decimal"], &["binary", "to", "decimal"], &["from", "binary", "decimal"]],
        Parameter::Number(None),
        r#"
let value = 0;
for c in "@n".chars() { value = value * 2 + c.to_string().parse_int(); }
value
"#,
        "Convert 1011 from binary to decimal." => "11",
    ),
];
