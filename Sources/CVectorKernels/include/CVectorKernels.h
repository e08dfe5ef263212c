// Kernels for exact nearest-neighbour search over unit vectors.
//
// Every function takes the instruction set to use, so that tests can compare them all; callers pass
// `cvk_best_isa()`. All instruction sets give the same bits: integer sums are exact, and floating-point sums
// have one fixed order of additions (see dot_float.c).
#ifndef CVECTORKERNELS_H
#define CVECTORKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Instruction sets, ascending in speed on one kind of machine.
enum {
    CVK_PLAIN = 0,
    CVK_AVX2 = 1,
    CVK_AVX512_VNNI = 2,
    CVK_NEON = 3,
    CVK_NEON_DOTPROD = 4,
};

/// The fastest instruction set that this processor and operating system offer. Looked up once.
int cvk_best_isa(void);
/// Whether this processor can run an instruction set.
bool cvk_has_isa(int isa);
/// A name for people, such as "AVX-512 VNNI".
const char *cvk_isa_name(int isa);

/// Largest dimension: products of bytes still sum into 32 bits.
#define CVK_MAXIMUM_DIMENSION 65536

/// What a row's codes are worth.
typedef struct {
    /// What one step of a code is worth.
    float scale;
    /// Length of (vector − scale × codes), rounded up.
    float residual;
} cvk_quantisation;

/// Quantises a vector to codes −127…127 with one scale, rounding to nearest.
/// The result's `residual` is an upper bound in exact arithmetic. A zero vector has scale 0.
cvk_quantisation cvk_quantise_row(const float *vector, size_t dimension, int8_t *codes);

/// A query, quantised to 15 bits in two bytes a component: step × (128 × high + low).
typedef struct {
    const int8_t *high;
    const int8_t *low;
    int32_t high_sum;
    int32_t low_sum;
    /// What one step is worth.
    double step;
    /// Length of (query − step × codes), rounded up.
    double residual;
    /// Length of the query, rounded up.
    double length;
} cvk_query;

/// Quantises a query into two arrays of `dimension` codes that the caller keeps as long as the result.
cvk_query cvk_quantise_query(const float *vector, size_t dimension, int8_t *high, int8_t *low);

/// Quantised rows, as memory holds them.
typedef struct {
    size_t dimension;
    /// Row 0; the others follow, each `stride` bytes behind the last.
    const int8_t *codes;
    size_t stride;
    /// One for each row.
    const cvk_quantisation *quantisations;
} cvk_rows;

/// One row that may be among the nearest.
typedef struct {
    uint32_t row;
    /// The score lies within lower…upper.
    double lower;
    double upper;
} cvk_hit;

/// Rows scored by one call to `cvk_scan` at most.
#define CVK_SCAN_ROWS 64

/// Scores `count` consecutive rows (at most CVK_SCAN_ROWS) from `first_row` on and lists those whose upper bound
/// reaches `floor`. Returns the number of hits; `hits` has room for `count`.
size_t cvk_scan(int isa, const cvk_query *query, const cvk_rows *rows, uint32_t first_row, size_t count,
                double floor, cvk_hit *hits);

/// The same for rows picked by number.
size_t cvk_scan_picked(int isa, const cvk_query *query, const cvk_rows *rows, const uint32_t *numbers,
                       size_t count, double floor, cvk_hit *hits);

/// Integer dot products of both halves of a query with rows given by the address of their codes:
/// out[2i] = high · row i, out[2i + 1] = low · row i. Memory `ahead` bytes behind what is read is fetched early.
void cvk_dot_query(int isa, const cvk_query *query, size_t dimension, const int8_t *const *rows, size_t count,
                   size_t ahead, int32_t *out);

/// Integer dot products of every row of `a` with every row of `b`: out[i × b_count + j].
/// Rows are `stride` bytes apart, a multiple of 64, zero beyond the dimension; counts are multiples of 4.
/// `a_sums` holds the sum of the codes of each row of `a`.
void cvk_dot_block(int isa, const int8_t *a, const int32_t *a_sums, size_t a_count, const int8_t *b, size_t b_count,
                   size_t stride, int32_t *out);

/// Copies the codes of one row into a block for `cvk_dot_block`, zero up to `stride`. Returns their sum.
int32_t cvk_pack_row(const int8_t *codes, size_t dimension, size_t stride, int8_t *out);

/// A pair of rows of two blocks.
typedef struct {
    uint16_t a;
    uint16_t b;
} cvk_pair;

/// What is known of the rows of one block.
typedef struct {
    const float *scales;
    const float *residuals;
    size_t count;
} cvk_block;

/// Lists the pairs whose upper bound reaches `floor`. `dots` is laid out as `cvk_dot_block` leaves it, with
/// `dots_width` entries a row of `a`. Returns their number; `pairs` has room for all.
size_t cvk_pairs(const int32_t *dots, size_t dots_width, cvk_block a, cvk_block b, float floor, cvk_pair *pairs);

/// Dot product in double precision: the exact score before it is rounded to a float. Same bits everywhere.
double cvk_dot_float(int isa, const float *a, const float *b, size_t dimension);
/// Dot products of a query with consecutive rows, rounded to floats.
void cvk_dot_float_rows(int isa, const float *query, const float *rows, size_t dimension, size_t count, float *out);

/// CRC-32C (Castagnoli), continued from `crc`; start with 0.
uint32_t cvk_crc32c(uint32_t crc, const void *bytes, size_t count);
/// The same without special instructions.
uint32_t cvk_crc32c_plain(uint32_t crc, const void *bytes, size_t count);

/// One byte a row that several threads read and set without a lock.
static inline bool cvk_load_flag(const uint8_t *flag) { return __atomic_load_n(flag, __ATOMIC_RELAXED) != 0; }
static inline void cvk_set_flag(uint8_t *flag) { __atomic_store_n(flag, 1, __ATOMIC_RELAXED); }

#endif
