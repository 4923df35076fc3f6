//! What the kernels need of an instruction set: the operations on sixteen rows, or sixteen floats of
//! any kind, at a time.
//!
//! A value of an implementing type is proof that the CPU has the instructions, so the operations
//! are safe to call; they become single instructions where they are inlined into a function that
//! is compiled for them, which [`Isa::run`] is.

/// A line of the cache: of a panel of weights, sixteen rows with four bytes each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct Line(pub [u8; 64]);

/// Sixteen bytes or eight halves of scales.
pub(crate) type Unit = [u8; 16];

/// Work that is written over the operations of an [`Isa`].
pub(crate) trait Kernel {
    /// Does the work; to be inlined into [`Isa::run`], so implementations say `inline(always)`.
    fn run_on<I: Isa>(self, isa: I);
}

/// An instruction set.
pub(crate) trait Isa: Copy {
    /// A [`Line`] in registers.
    type Line: Copy;
    /// Four inputs, the same for every row.
    type Quad: Copy;
    /// Sums of products that have not been added across a row's lanes yet.
    type Sums: Copy;
    /// An integer for each row.
    type Ints: Copy;
    /// A float for each row.
    type Floats: Copy;

    /// Whether sums have 32 bits. Where they have 16, weights must be of few bits, and
    /// [`Isa::widen`] comes before they overflow.
    const IS_WIDE: bool;

    /// Loads 64 bytes.
    fn line(self, line: &Line) -> Self::Line;
    /// Shifts each 16 bits to the right; bits cross from byte to byte.
    fn shift_right<const N: i32>(self, line: Self::Line) -> Self::Line;
    /// The same to the left.
    fn shift_left<const N: i32>(self, line: Self::Line) -> Self::Line;
    /// Keeps the bits of a mask in each byte.
    fn mask(self, line: Self::Line, mask: u8) -> Self::Line;
    /// Bits of either.
    fn or(self, a: Self::Line, b: Self::Line) -> Self::Line;
    /// For each byte, which is less than 16, an entry of a table.
    fn lookup(self, line: Self::Line, table: &Unit) -> Self::Line;
    /// Four inputs for every row.
    fn quad(self, inputs: [i8; 4]) -> Self::Quad;
    /// Nothing summed up yet.
    fn no_sums(self) -> Self::Sums;
    /// Adds products of unsigned weights and signed inputs.
    fn add_products(self, sums: Self::Sums, line: Self::Line, quad: Self::Quad) -> Self::Sums;
    /// Zeros.
    fn no_ints(self) -> Self::Ints;
    /// `ints` plus, for each row, its sums times `factor`.
    fn widen<const FACTOR: i16>(self, ints: Self::Ints, sums: Self::Sums) -> Self::Ints;
    /// Integers of less than 2^24, exactly.
    fn to_floats(self, ints: Self::Ints) -> Self::Floats;
    /// One value for every row.
    fn splat(self, value: f32) -> Self::Floats;
    /// Sixteen floats.
    fn floats(self, values: &[f32; 16]) -> Self::Floats;
    /// Asks for the cache line of an address, to be loaded some thousand cycles later.
    fn prefetch(self, address: *const u8);
    /// Sixteen singles in bytes of any alignment.
    fn singles(self, units: &[Unit; 4]) -> Self::Floats;
    /// Sixteen bfloat16s in bytes of any alignment.
    fn brains(self, units: &[Unit; 2]) -> Self::Floats;
    /// Sixteen halves in bytes of any alignment.
    fn halves(self, units: &[Unit; 2]) -> Self::Floats;
    /// Sixteen halves.
    fn cached(self, halves: &[u16; 16]) -> Self::Floats;
    /// Sixteen signed bytes.
    fn signed_bytes(self, unit: &Unit) -> Self::Floats;
    /// Sixteen unsigned bytes.
    fn unsigned_bytes(self, unit: &Unit) -> Self::Floats;
    /// `a * b`
    fn times(self, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// `a * b + c`, rounded once.
    fn fused(self, a: Self::Floats, b: Self::Floats, c: Self::Floats) -> Self::Floats;
    /// For each of four, the sum of its lanes in the order of [`crate::scalar::sum_float_lanes`].
    fn sum_four(self, floats: [Self::Floats; 4]) -> [f32; 4];
    /// The floats in memory.
    fn store(self, values: Self::Floats, out: &mut [f32; 16]);

    /// A kernel, compiled for the instruction set.
    fn run(self, kernel: impl Kernel);

    /// Whether there are 32 registers of sixteen floats; 8 otherwise.
    const IS_ROOMY: bool;
    /// Tokens that a tile has registers for, at most.
    const TOKENS: usize = if Self::IS_ROOMY { 8 } else { 4 };
}

/// Operations of an [`Isa`], each written as a function that is compiled for the instructions.
macro_rules! operations {
    ($features:literal; $(
        fn $name:ident $(<const $n:ident: $kind:ty>)? ($($arg:ident: $type:ty),*) $(-> $ret:ty)?
        $body:block
    )*) => {$(
        #[inline(always)]
        fn $name $(<const $n: $kind>)? (self, $($arg: $type),*) $(-> $ret)? {
            #[target_feature(enable = $features)]
            #[inline]
            fn compiled $(<const $n: $kind>)? ($($arg: $type),*) $(-> $ret)? $body
            // SAFETY: a value of the type is only made where the CPU has the instructions.
            unsafe { compiled $(::<$n>)? ($($arg),*) }
        }
    )*};
}
pub(crate) use operations;

impl Default for Line {
    fn default() -> Self {
        Self([0; 64])
    }
}
