/* The compiled twin of the numpy engine. Every function here repeats, operation by operation, what a Python function
 * of the same name does (that one is the readable reference); tests hold the two together.
 *
 * Rules: no globals, no output, no file; memory only of what is passed in and of malloc; -1 or another negative number
 * where something does not fit, and then the caller does it in numpy. Compiled without contraction of a*b+c, so that
 * results do not depend on the processor.
 */
#ifndef RTCHECK_KERNEL_H
#define RTCHECK_KERNEL_H

#include <stdint.h>

/* Loops that are compiled a second time for wider vectors, chosen when the library is loaded: the same operations on the
 * same numbers, more of them at once. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#define WIDEST __attribute__((target_clones("avx512f", "avx2", "default"))) /* loops of much arithmetic */
#else
#define WIDE
#define WIDEST
#endif

#define NO_MEMORY (-2)
#define TANGLED (-3)

#define MEASURES 9 /* of a loop */
#define MOST_PARTS 64 /* of a cell or of a layer */
#define MOST_OF_A_CURVE 41000 /* doses: of at most 20,480 bins, at whose edges there may be two */

/* Whole numbers below and above, without a call of the C library. */
static inline int64_t floor_of(double x) {
    int64_t whole = (int64_t)x;
    return whole - (x < (double)whole);
}
static inline int64_t ceil_of(double x) {
    int64_t whole = (int64_t)x;
    return whole + (x > (double)whole);
}
static inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }
/* The order of qsort. */
static inline int by_number(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}
/* The dose cell of a part of cells, and the number of the part in it: whole division takes as long as ten shifts. */
static inline int64_t dose_cell(int64_t part, int64_t parts) {
    return parts == 1 ? part : parts == 2 ? part >> 1 : parts == 4 ? part >> 2 : part / parts;
}
static inline int64_t part_in_cell(int64_t part, int64_t parts) { return part - dose_cell(part, parts) * parts; }
static inline double clip(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

/* The place of the first of `n` ascending numbers that is not below x, and of the first above it. */
static inline int64_t first_not_below(const double *numbers, int64_t n, double x) {
    int64_t first = 0;
    while (first < n && numbers[first] < x) first++;
    return first;
}
static inline int64_t first_above(const double *numbers, int64_t n, double x) {
    int64_t first = 0;
    while (first < n && numbers[first] <= x) first++;
    return first;
}

/* Evenly spaced grid lines: a position x lies at (x - x0) * per_x * parts in cells. */
typedef struct {
    double x0, per_x, y0, per_y, parts;
} Lines;

/* Room for the pieces of one slab: slab, row and column (3, room), sign, u0, v0, u1 and v1 (5, room). */
typedef struct {
    int64_t room, *whole;
    double *numbers;
    uint8_t *is_clamped;
} Bench;

/* Some pieces of one slab, as the search for extremes needs them. */
typedef struct {
    int64_t n;
    const int64_t *row, *column;
    const double *u0, *v0, *u1, *v1;
    const uint8_t *is_clamped;
} SlabPieces;

/* An outline: edges (n, 4) and the slab of each, ascending; or, with `first_loop` (slabs + 1,), the points of loops, where
 * each loop's begin, and the loops where each slab's begin. */
typedef struct {
    int64_t n, slabs;
    const double *edges, *points;
    const int64_t *slab, *starts, *first_loop;
} Outline;

/* The edges of one slab, and how many slabs or edges lie before the next. */
typedef struct {
    int64_t slab, n, next;
    const double *edges;
    double *room; /* for as many edges as any slab has, if they are made of loops */
} SlabEdges;

/* The search for the highest and the lowest dose, slab by slab (extremes.c). */
typedef struct Search Search;

/* The nodes of a box in a stored grid of planes x rows x columns doses: its first node is `plane`, `row`, `column` of
 * the grid. What lies one before the grid or one beyond it has the dose of the outermost node. */
typedef struct {
    const float *stored;
    int64_t planes, rows, columns, plane, row, column;
} Doses;

/* Positions of the nodes of a box, ascending: one more than there are cells along each axis. */
typedef struct {
    const double *x, *y, *z;
    int64_t columns, rows, gaps;
} Axes;

static inline int64_t within(int64_t i, int64_t n) { return i < 0 ? 0 : i < n ? i : n - 1; }

/* The stored row that has the doses of a row of the box. */
static inline const float *stored_row(const Doses *doses, int64_t plane, int64_t row) {
    return doses->stored + (within(doses->plane + plane, doses->planes) * doses->rows +
                            within(doses->row + row, doses->rows)) * doses->columns;
}
static inline float dose_at(const Doses *doses, int64_t plane, int64_t row, int64_t column) {
    return stored_row(doses, plane, row)[within(doses->column + column, doses->columns)];
}


int64_t rt_decimals(const uint8_t *buffer, int64_t texts, const int64_t *start, const int64_t *end,
                           double *numbers, int64_t *counts);
int rt_room_for_edges(const Outline *outline, SlabEdges *of);
int rt_next_slab(const Outline *outline, SlabEdges *of);
int64_t rt_outline_measures(const Outline *outline, const double *height, double *found);
int64_t rt_most_pieces(const double *edges, int64_t n, const Lines *lines, int64_t rows);
int64_t rt_cut(const double *edges, const int64_t *slabs, int64_t edges_count, const Lines *lines, int64_t rows,
                      int64_t columns, int64_t most_pieces, int64_t *slab, int64_t *row_of, int64_t *column, double *sign_of, double *pu0,
                      double *pv0, double *pu1, double *pv1, uint8_t *is_clamped);
int64_t rt_cover(int64_t n, const int64_t *slab, const int64_t *row, const int64_t *column, const double *sign,
                 const double *u0, const double *v0, const double *u1, const double *v1, int64_t first_slab, int64_t slabs,
                 int64_t rows, int64_t columns, int64_t room, int64_t *found, double *means, int64_t *counts);
int rt_make_room(Bench *bench, int64_t pieces);
void rt_free_bench(Bench *bench);
int64_t rt_cut_slab(const double *edges, int64_t n, const Lines *lines, int64_t rows, int64_t columns, Bench *bench);
int64_t rt_cover_slab(Bench *bench, int64_t pieces, int64_t slab, int64_t rows, int64_t columns, int64_t room,
                      int64_t *found, double *means, int64_t *counts);
int64_t rt_cover_outline(const double *edges, const int64_t *slab, int64_t n, const Lines *lines, int64_t rows,
                         int64_t columns, int64_t room, int64_t *found, double *means, int64_t *counts);
int64_t rt_integrate(int64_t layers, int64_t slabs, const int64_t *layer_slab, const double *low, const double *high,
                            const Doses *doses, const Axes *axes, int64_t subdivision, int64_t cells, const int64_t *slab, const int64_t *row, const int64_t *column,
                            const double *covered_area, const double *mean_u, const double *mean_v,
                            const double *mean_uv, const double *mean_uu, const double *mean_vv, int64_t runs,
                            const int64_t *run_slab, const int64_t *run_row, const int64_t *run_column,
                            const int64_t *run_length, double first_gy, double width_gy, int64_t count, double *change,
                            double *step, double *totals);
Search *rt_search(int64_t slabs, const double *low, const double *high, const Doses *doses, const Axes *axes,
                  int64_t subdivision);
void rt_free_search(Search *search);
int64_t rt_search_slab(Search *search, int64_t slab, const SlabPieces *pieces);
int64_t rt_searched(Search *search, double *found);
int64_t rt_extremes(int64_t n, const int64_t *slab, const int64_t *row, const int64_t *column, const double *u0,
                           const double *v0, const double *u1, const double *v1, const uint8_t *is_clamped,
                           int64_t subdivision, int64_t slabs, const double *low, const double *high,
                           const Doses *doses, const Axes *axes, double *found);
enum { EXTREMES = 1, SUMS = 2, CURVE = 4 }; /* what is wanted of an outline in a dose */
int64_t rt_dvh(const Outline *outline, const double *low, const double *high, const Lines *lines, const Doses *doses,
               const Axes *axes, int64_t subdivision, double spacing, int64_t refinement, double per_volume, int wanted,
               int64_t room, double *found, double *curve);
int rt_are_starts(const int64_t *starts, int64_t n, int64_t points);
int64_t rt_drawn(int64_t n, const double *points, int64_t *counts, double *kept, double *z);
void rt_measured(int64_t n, const double *points, const int64_t *starts, double *rows);
void rt_gathered(int64_t count, const double *points, const int64_t *starts, const int64_t *chosen,
                 const uint8_t *turned, double *gathered);
int64_t rt_touching(int64_t n, const double *points, const int64_t *starts, const int64_t *plane, double tolerance,
                    int64_t most_pairs, int64_t *pairs);
int64_t rt_contained(int64_t n, const double *points, const int64_t *starts, const int64_t *plane, int64_t most_pairs,
                     int64_t *pairs);
int64_t rt_overlapping(int64_t n, const double *points, const int64_t *starts, int64_t others, const double *other_points,
                       const int64_t *other_starts, uint8_t *overlaps);
int64_t rt_cumulated(int64_t count, const double *change, const double *step, double first, double width_gy,
                     int64_t room, double *dose_gy, double *volume);

/* Nodes at x0 + i spacing, y0 + j spacing, in tiles of 4 x 4 cells. */
typedef struct {
    double x0, y0, spacing;
    int64_t node_rows, node_columns;
} Lattice;

/* The planes of a structure, ascending in z: of each its first loop (planes + 1,), z, faces and length of outline; of each
 * loop its first edge (loops + 1,), nesting depth below `depths` and equivalent radius. `is_bridged` (planes - 1,). */
typedef struct {
    int64_t planes, depths;
    const int64_t *first_loop, *starts;
    const int32_t *depth;
    const double *edges, *radius, *z, *low, *high, *length;
    const uint8_t *is_bridged;
} Drawn;

/* How the space between planes becomes layers: their most thickness, twice that where the surface is `steep` (0: nowhere);
 * the surface's `level`; and whether ends close whose field is nowhere lower than minus `leftover`. */
typedef struct {
    double layer, steep, level, leftover;
    int closes;
} Layering;

/* Layers (count, 3): low z, high z, how many edges. */
typedef struct {
    double *layers;
    int64_t count, room;
} LayerTable;

/* An axis whose cells are cut into `parts`: of its nodes the steps (nodes - 1,), at each inner one the share of the step
 * above (nodes - 2,), and whether the steps around are even (nodes - 4,); `weights` (3, fine_nodes) of the rise over a cell
 * and of the slopes at its ends. `count` of the finer nodes are wanted, from `first` on. */
typedef struct {
    int64_t nodes, parts, fine_nodes, first, count;
    const float *step, *share, *even, *weights;
} RefinedAxis;

int64_t rt_refine(const float *dose, const RefinedAxis *axes, float *fine);
int64_t rt_squared_distances(const double *edges, int64_t count_of_edges, const Lattice *lattice, const int64_t *tiles,
                             int64_t count, double *squared);
int64_t rt_zero_level(const double *field, const Lattice *lattice, const int64_t *tiles, int64_t count, double *edges,
                      int64_t room);
int64_t rt_interpolated(const Drawn *drawn, const Layering *layering, const Lattice *lattice, double **edges_made,
                        int64_t *edges_count, LayerTable *layers);

/* Reading (decimals.c, elements.c, stored.c). Columns of the table of contours and of its numbers. */
enum { ITEM_START, ITEM_END, KIND, POINTS, DATA_START, DATA_END, IMAGE_START, IMAGE_END, IS_PLAIN, CONTOUR_COLUMNS };
enum { FIRST_Z, THICKNESS, CONTOUR_NUMBERS };
enum { CLOSED = 1, XOR = 2 }; /* kinds of contours; 0: any other */
#define MOST_ELEMENTS 20000 /* in one item */

/* The value of an element lies at buffer[start:end], the next element follows at `after`. */
typedef struct {
    uint32_t tag;
    const uint8_t *vr; /* two letters, UN in implicit encoding */
    int is_sequence;   /* by its value representation, where there is one */
    int64_t start, end, after;
} Element;

uint32_t rt_tag(const uint8_t *buffer, int64_t at, int64_t end);
int rt_element(const uint8_t *buffer, int64_t at, int64_t end, int is_explicit, int depth, Element *found);
int rt_decimal(const uint8_t *text, int64_t length, double *number);
int64_t rt_decimals_of(const uint8_t *text, int64_t length, int64_t most_numbers, double *numbers);
int64_t rt_end_of_sequence(const uint8_t *buffer, int64_t at, int64_t end, int is_explicit, int depth);
int64_t rt_contours(const uint8_t *buffer, int64_t at, int64_t end, int is_explicit, int64_t most_contours, int64_t *table,
                    double *numbers);
int64_t rt_points(const uint8_t *buffer, int64_t contours, const int64_t *table, double largest, int64_t room,
                  double *points, double *z);
int64_t rt_scaled(const void *stored, int64_t count, int bits, int is_signed, double scaling, float *scaled,
                  int64_t *extremes);

#endif
