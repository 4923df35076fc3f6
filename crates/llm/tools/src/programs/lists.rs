//! Programs about lists.

use super::{Parameter, Program, program};

/// The programs. Of those that fit a request equally well, the first is taken.
pub(super) const PROGRAMS: &[Program] = &[
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
];
