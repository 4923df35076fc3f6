//! The programs.

use super::{Parameter, Program};

/// A program; its example is only there for the tests.
macro_rules! program {
    ($keywords:expr, $parameter:expr, $source:expr, $request:expr => $answer:expr $(,)?) => {
        Program {
            keywords: &$keywords,
            parameter: $parameter,
            source: $source,
            #[cfg(test)]
            example: ($request, $answer),
        }
    };
}

/// All programs. Of those that fit a request equally well, the first is taken.
pub(super) const PROGRAMS: [Program; 48] = [
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
        [&["sum"], &["add"], &["total"]],
        Parameter::Numbers,
        r#"
let sum = 0;
for number in @list { sum += number; }
sum
"#,
        "Compute the sum of 4, 8 and 15." => "27",
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
        [&["reverse"], &["backwards"], &["reversed"], &["reverse", "string"]],
        Parameter::Text,
        r#"
let reversed = "";
for c in @text.chars() { reversed = c + reversed; }
reversed
"#,
        "Reverse the string hello." => "olleh",
    ),
    program!(
        [&["reverse", "list"], &["reverse", "array"], &["reverse", "numbers"]],
        Parameter::Items,
        r#"
let list = @list;
list.reverse();
list
"#,
        "Reverse the list 1, 2, 3." => "[3, 2, 1]",
    ),
    program!(
        [&["vowels"]],
        Parameter::Text,
        r#"
let count = 0;
for c in @text.to_lower().chars() {
    if "aeiou".contains(c) { count += 1; }
}
count
"#,
        "How many vowels are in banana?" => "3",
    ),
    program!(
        [&["palindrome"]],
        Parameter::Text,
        r#"
// Only letters count, not their case.
let letters = "";
let reversed = "";
for c in @text.to_lower().chars() {
    if " .,;:!?'-".contains(c) { continue; }
    letters += c;
    reversed = c + reversed;
}
letters == reversed
"#,
        "Is racecar a palindrome?" => "true",
    ),
    program!(
        [
            &["how", "many", "characters"],
            &["count", "characters"],
            &["how", "many", "letters"],
            &["length", "string"],
            &["length", "word"]
        ],
        Parameter::Text,
        "@text.len()",
        "How many characters has the word elephant?" => "8",
    ),
    program!(
        [
            &["how", "many"],
            &["how", "often"],
            &["count", "letter"],
            &["how", "many", "times", "letter"],
            &["how", "often", "letter"]
        ],
        Parameter::LetterInText,
        r#"
let count = 0;
for c in @text.to_lower().chars() {
    if c.to_string() == @letter { count += 1; }
}
count
"#,
        "How many r's are in strawberry?" => "3",
    ),
    program!(
        [&["how", "many", "words"], &["count", "words"], &["word", "count"]],
        Parameter::Text,
        r#"
let count = 0;
let is_inside = false;
for c in @text.chars() {
    let is_space = " \t\n".contains(c);
    if !is_space && !is_inside { count += 1; }
    is_inside = !is_space;
}
count
"#,
        "Count the words in 'the cat sat on the mat'." => "6",
    ),
    program!(
        [&["sort"], &["sorted"], &["order", "numbers"], &["ascending"]],
        Parameter::Items,
        r#"
let list = @list;
list.sort();
list
"#,
        "Sort the list 5, 3, 9, 1." => "[1, 3, 5, 9]",
    ),
    program!(
        [&["sort", "descending"], &["sort", "largest", "first"], &["sort", "reverse"]],
        Parameter::Items,
        r#"
let list = @list;
list.sort();
list.reverse();
list
"#,
        "Sort 5, 3, 9, 1 in descending order." => "[9, 5, 3, 1]",
    ),
    program!(
        [&["bubble", "sort"], &["bubblesort"]],
        Parameter::Numbers,
        r#"
let list = @list;
let swaps = 0;
for end in 1..list.len() {
    for i in 0..list.len() - end {
        if list[i] > list[i + 1] {
            let larger = list[i];
            list[i] = list[i + 1];
            list[i + 1] = larger;
            swaps += 1;
        }
    }
}
print(`${swaps} swaps`);
list
"#,
        "Use bubble sort on 4, 2, 7, 1." => "[1, 2, 4, 7]",
    ),
    program!(
        [&["largest"], &["biggest"], &["maximum"], &["max"], &["highest"]],
        Parameter::Numbers,
        r#"
let list = @list;
let largest = list[0];
for number in list {
    if number > largest { largest = number; }
}
largest
"#,
        "Find the largest of 12, 45, 7." => "45",
    ),
    program!(
        [&["smallest"], &["minimum"], &["min"], &["lowest"]],
        Parameter::Numbers,
        r#"
let list = @list;
let smallest = list[0];
for number in list {
    if number < smallest { smallest = number; }
}
smallest
"#,
        "Find the smallest of 12, 45, 7." => "7",
    ),
    program!(
        [&["average"], &["mean"]],
        Parameter::Numbers,
        r#"
let list = @list;
let sum = 0.0;
for number in list { sum += number; }
sum / list.len()
"#,
        "What is the average of 3, 4 and 8?" => "5.0",
    ),
    program!(
        [&["median"]],
        Parameter::Numbers,
        r#"
let list = @list;
list.sort();
let middle = list.len() / 2;
if list.len() % 2 == 1 { list[middle] } else { (list[middle - 1] + list[middle]) / 2.0 }
"#,
        "Compute the median of 9, 1, 5." => "5",
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
