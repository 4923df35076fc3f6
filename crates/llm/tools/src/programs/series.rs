//! Programs about numbers in a row.

use super::{Parameter, Program, program};

/// The programs. Of those that fit a request equally well, the first is taken.
pub(super) const PROGRAMS: &[Program] = &[
    program!(
        [
            &["first", "fibonacci", "numbers"],
            &["fibonacci", "numbers"],
            &["fibonacci", "sequence"],
            &["fibonacci", "series"]
        ],
        Parameter::Number(Some(10)),
        r#"
let list = [];
let a = 0;
let b = 1;
for i in 0..@n {
    list.push(b);
    let next = a + b;
    a = b;
    b = next;
}
list
"#,
        "List the first 10 Fibonacci numbers." => "[1, 1, 2, 3, 5, 8, 13, 21, 34, 55]",
    ),
    program!(
        [
            &["count", "primes"],
            &["count", "prime", "numbers"],
            &["many", "primes"],
            &["many", "prime", "numbers"]
        ],
        Parameter::Range(None),
        r#"
let count = 0;
for n in @a..=@b {
    let is_prime = n > 1;
    let d = 2;
    while is_prime && d * d <= n {
        if n % d == 0 { is_prime = false; }
        d += 1;
    }
    if is_prime { count += 1; }
}
count
"#,
        "How many primes are below 20?" => "8",
    ),
    program!(
        [&["primes"], &["prime", "numbers"], &["primes", "below"], &["primes", "up"]],
        Parameter::Range(None),
        r#"
let list = [];
for n in @a..=@b {
    let is_prime = n > 1;
    let d = 2;
    while is_prime && d * d <= n {
        if n % d == 0 { is_prime = false; }
        d += 1;
    }
    if is_prime { list.push(n); }
}
list
"#,
        "Which primes are below 20?" => "[2, 3, 5, 7, 11, 13, 17, 19]",
    ),
    program!(
        [&["first", "primes"], &["first", "prime", "numbers"]],
        Parameter::Number(None),
        r#"
let list = [];
let n = 2;
while list.len() < @n {
    let is_prime = true;
    for p in list {
        if p * p > n { break; }
        if n % p == 0 { is_prime = false; break; }
    }
    if is_prime { list.push(n); }
    n += 1;
}
list
"#,
        "Compute the first 10 primes." => "[2, 3, 5, 7, 11, 13, 17, 19, 23, 29]",
    ),
    program!(
        [&["sum", "squares"], &["add", "squares"], &["sum", "square", "numbers"]],
        Parameter::Range(None),
        r#"
let sum = 0;
for i in @a..=@b { sum += i * i; }
sum
"#,
        "Sum of squares from 1 to 10" => "385",
    ),
    program!(
        [&["sum", "cubes"], &["add", "cubes"], &["sum", "cube", "numbers"]],
        Parameter::Range(None),
        r#"
let sum = 0;
for i in @a..=@b { sum += i * i * i; }
sum
"#,
        "Compute the sum of the cubes from 1 to 5." => "225",
    ),
    program!(
        [&["sum", "even", "numbers"], &["add", "even", "numbers"]],
        Parameter::Range(None),
        r#"
let sum = 0;
for i in @a..=@b {
    if i % 2 == 0 { sum += i; }
}
sum
"#,
        "Sum all even numbers from 1 to 100." => "2550",
    ),
    program!(
        [&["sum", "odd", "numbers"], &["add", "odd", "numbers"]],
        Parameter::Range(None),
        r#"
let sum = 0;
for i in @a..=@b {
    if i % 2 != 0 { sum += i; }
}
sum
"#,
        "Sum all odd numbers up to 9." => "25",
    ),
    program!(
        [
            &["sum", "numbers"],
            &["sum", "from"],
            &["sum", "integers"],
            &["add", "numbers"]
        ],
        Parameter::Range(None),
        r#"
let sum = 0;
for i in @a..=@b { sum += i; }
sum
"#,
        "What is the sum of the numbers from 1 to 100?" => "5050",
    ),
    program!(
        [&["even", "numbers"]],
        Parameter::Range(None),
        r#"
let list = [];
for i in @a..=@b {
    if i % 2 == 0 { list.push(i); }
}
list
"#,
        "List the even numbers from 1 to 10." => "[2, 4, 6, 8, 10]",
    ),
    program!(
        [&["odd", "numbers"]],
        Parameter::Range(None),
        r#"
let list = [];
for i in @a..=@b {
    if i % 2 != 0 { list.push(i); }
}
list
"#,
        "List the odd numbers below 10." => "[1, 3, 5, 7, 9]",
    ),
    program!(
        [&["squares"], &["table", "squares"], &["square", "numbers"]],
        Parameter::Range(None),
        r#"
for i in @a..=@b { print(`${i} * ${i} = ${i * i}`); }
"#,
        "Print a table of squares from 1 to 3." => "1 * 1 = 1\n2 * 2 = 4\n3 * 3 = 9",
    ),
    program!(
        [&["cubes"], &["table", "cubes"]],
        Parameter::Range(None),
        r#"
for i in @a..=@b { print(`${i}^3 = ${i * i * i}`); }
"#,
        "Print the cubes from 1 to 3." => "1^3 = 1\n2^3 = 8\n3^3 = 27",
    ),
    program!(
        [&["multiplication", "table"], &["times", "table"]],
        Parameter::Number(None),
        r#"
for i in 1..=10 { print(`${i} * @n = ${i * @n}`); }
"#,
        "Print the multiplication table of 7." =>
            "1 * 7 = 7\n2 * 7 = 14\n3 * 7 = 21\n4 * 7 = 28\n5 * 7 = 35\n6 * 7 = 42\n7 * 7 = 49\n\
             8 * 7 = 56\n9 * 7 = 63\n10 * 7 = 70",
    ),
    program!(
        [&["powers", "2"], &["powers", "two"]],
        Parameter::NumberBut(2, Some(10)),
        r#"
let list = [];
let power = 1;
for i in 1..=@n {
    power *= 2;
    list.push(power);
}
list
"#,
        "Show the first 8 powers of 2." => "[2, 4, 8, 16, 32, 64, 128, 256]",
    ),
    program!(
        [&["celsius", "fahrenheit"], &["celsius", "table"]],
        Parameter::Range(Some((0, 100))),
        r#"
let step = if @b - @a > 20 { 10 } else { 1 };
let celsius = @a;
while celsius <= @b {
    print(`${celsius} C = ${celsius * 9.0 / 5.0 + 32.0} F`);
    celsius += step;
}
"#,
        "Print a table of Celsius and Fahrenheit from 0 to 2." =>
            "0 C = 32.0 F\n1 C = 33.8 F\n2 C = 35.6 F",
    ),
    program!(
        [&["dice"], &["die"], &["roll"], &["rolls", "dice"]],
        Parameter::Number(Some(1)),
        r#"
// A linear congruential generator that always begins with the same seed.
let seed = 42;
let rolls = [];
for i in 0..@n {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    rolls.push(seed / 65536 % 6 + 1);
}
rolls
"#,
        "Simulate 5 dice rolls." => "[2, 6, 6, 4, 3]",
    ),
    program!(
        [&["fizzbuzz"], &["fizz", "buzz"]],
        Parameter::NumberBut(1, Some(15)),
        r#"
for i in 1..=@n {
    if i % 15 == 0 { print("FizzBuzz"); }
    else if i % 3 == 0 { print("Fizz"); }
    else if i % 5 == 0 { print("Buzz"); }
    else { print(i); }
}
"#,
        "Run FizzBuzz from 1 to 5." => "1\n2\nFizz\n4\nBuzz",
    ),
    program!(
        [&["countdown"], &["count", "down"]],
        Parameter::Number(Some(10)),
        r#"
let list = [];
let n = @n;
while n >= 0 {
    list.push(n);
    n -= 1;
}
list
"#,
        "Count down from 5." => "[5, 4, 3, 2, 1, 0]",
    ),
    program!(
        [&["count", "from"], &["list", "numbers"], &["print", "numbers"]],
        Parameter::Range(None),
        r#"
let list = [];
for i in @a..=@b { list.push(i); }
list
"#,
        "Print the numbers from 1 to 5." => "[1, 2, 3, 4, 5]",
    ),
];
