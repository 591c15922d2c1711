/* Pieces of an outline -> covered cells with moments, runs of full cells (twin of cover in geometry/coverage.py). */
#include <stdlib.h>

#include "kernel.h"

#define NO_COVER 1e-12
#define TERMS 9

/* What a piece adds to all cells on its right (1, v, vv over its height), and to its own (1, u, v, uv, uu, vv). The
 * divisions are side by side, several at once. */
static inline void add_contributions(double *sum, double u0, double v0, double u1, double v1, double sign) {
    static const double by[6] = {3, 3, 6, 12, 12, 3};
    double height = (v1 - v0) * sign, mean_u = (u0 + u1) / 2, mean_v = (v0 + v1) / 2;
    double uu = u0 * u0 + u0 * u1 + u1 * u1, vv = v0 * v0 + v0 * v1 + v1 * v1;
    double mean[6] = {uu, vv, 2 * (u0 * v0 + u1 * v1) + u0 * v1 + u1 * v0,
                      v0 * (uu + u0 * (2 * u0 + u1)) + v1 * (uu + u1 * (2 * u1 + u0)),
                      u0 * (vv + v0 * (2 * v0 + v1)) + u1 * (vv + v1 * (2 * v1 + v0)),
                      1 - (u0 + u1) * (u0 * u0 + u1 * u1) / 4};
    for (int i = 0; i < 6; i++) mean[i] /= by[i];
    double mean_uu = mean[0], mean_vv = mean[1], mean_uv = mean[2], mean_uuv = mean[3], mean_uvv = mean[4];
    sum[0] += height;
    sum[1] += mean_v * height;
    sum[2] += mean_vv * height;
    sum[3] += (1 - mean_u) * height;
    sum[4] += (1 - mean_uu) / 2 * height;
    sum[5] += (mean_v - mean_uv) * height;
    sum[6] += (mean_v - mean_uuv) / 2 * height;
    sum[7] += mean[5] * height;
    sum[8] += (mean_vv - mean_uvv) * height;
}

static void sort_columns(int64_t *columns, int64_t n) {
    if (n > 32) {
        qsort(columns, (size_t)n, sizeof *columns, by_number);
        return;
    }
    for (int64_t i = 1; i < n; i++) {
        int64_t column = columns[i], j = i;
        for (; j > 0 && columns[j - 1] > column; j--) columns[j] = columns[j - 1];
        columns[j] = column;
    }
}

/* Numbers of pieces by line (slab * rows + row), in their own order: `order` (n,), `starts` (lines + 1,). */
static void sort_by_line(const int64_t *slab, const int64_t *row, int64_t n, int64_t rows, int64_t lines,
                         int64_t *order, int64_t *starts) {
    for (int64_t k = 0; k < n; k++) starts[slab[k] * rows + row[k] + 1]++;
    for (int64_t line = 0; line < lines; line++) starts[line + 1] += starts[line];
    for (int64_t k = 0; k < n; k++) order[starts[slab[k] * rows + row[k]]++] = k;
    for (int64_t line = lines; line > 0; line--) starts[line] = starts[line - 1];
    starts[0] = 0;
}

/* Room for one row of cells: where each column's sums are, -1 for none; the columns with sums; their sums. */
typedef struct {
    int32_t *slot;
    int64_t *touched;
    double *sums;
} Row;

/* The cells and runs of one row whose columns are touched, added to `found` and `means` from `counts` on. */
static inline void cover_row(Row *of, int64_t width, int64_t columns, int64_t slab, int64_t row, int64_t room, int64_t *found,
                             double *means, int64_t *counts) {
    int64_t cells = counts[0], runs = counts[1];
    double winding = 0, of_v = 0, of_vv = 0;
    for (int64_t i = 0; i < width; i++) {
        int64_t c = of->touched[i];
        const double *own = of->sums + (int64_t)of->slot[c] * TERMS;
        double area = winding + own[3];
        if (area > NO_COVER && c < columns) {
            double mean[5] = {winding / 2 + own[4], of_v + own[5], of_v / 2 + own[6], winding / 3 + own[7], of_vv + own[8]};
            for (int k = 0; k < 5; k++) mean[k] /= area;
            found[cells] = slab, found[room + cells] = row, found[2 * room + cells] = c;
            means[cells] = area;
            for (int k = 0; k < 5; k++) means[(k + 1) * room + cells] = mean[k];
            cells++;
        }
        winding += own[0], of_v += own[1], of_vv += own[2];
        of->slot[c] = -1;
        if (i + 1 < width && of->touched[i + 1] - c > 1 && winding > 0.5) {
            found[3 * room + runs] = slab, found[4 * room + runs] = row, found[5 * room + runs] = c + 1;
            found[6 * room + runs] = of->touched[i + 1] - c - 1;
            runs++;
        }
    }
    counts[0] = cells, counts[1] = runs;
}

WIDE static void cover_lines(const int64_t *order, const int64_t *starts, int64_t lines, const int64_t *column,
                             const double *sign, const double *u0, const double *v0, const double *u1, const double *v1,
                             int64_t first_slab, int64_t rows, int64_t columns, Row *of, int64_t room, int64_t *found,
                             double *means, int64_t *counts) {
    for (int64_t line = 0; line < lines; line++) {
        int64_t width = 0;
        for (int64_t i = starts[line]; i < starts[line + 1]; i++) {
            int64_t k = order[i], c = column[k];
            if (of->slot[c] < 0) {
                of->slot[c] = (int32_t)width;
                for (int term = 0; term < TERMS; term++) of->sums[width * TERMS + term] = 0;
                of->touched[width++] = c;
            }
            add_contributions(of->sums + (int64_t)of->slot[c] * TERMS, u0[k], v0[k], u1[k], v1[k], sign[k]);
        }
        if (!width) continue;
        sort_columns(of->touched, width);
        cover_row(of, width, columns, first_slab + line / rows, line % rows, room, found, means, counts);
    }
}

/* `found` (7, room): slab, row, column of cells, slab, row, column, length of runs; `means` (6, room). Cells and runs are
 * added to the counts[0] cells and counts[1] runs that are there; slabs are counted from `first_slab`. -1 where they may not
 * fit. */
int64_t rt_cover(int64_t n, const int64_t *slab, const int64_t *row, const int64_t *column, const double *sign,
                 const double *u0, const double *v0, const double *u1, const double *v1, int64_t first_slab, int64_t slabs,
                 int64_t rows, int64_t columns, int64_t room, int64_t *found, double *means, int64_t *counts) {
    int64_t lines = slabs * rows, result = 0;
    if (n > room - counts[0] || n > room - counts[1]) return -1;
    int64_t *starts = calloc((size_t)(lines + 1), sizeof *starts), *order = malloc((size_t)(n + 1) * sizeof *order);
    Row of = {malloc((size_t)(columns + 1) * sizeof *of.slot), malloc((size_t)(columns + 1) * sizeof *of.touched),
              malloc((size_t)(columns + 1) * TERMS * sizeof *of.sums)};
    if (starts && order && of.slot && of.touched && of.sums) {
        for (int64_t c = 0; c <= columns; c++) of.slot[c] = -1;
        sort_by_line(slab, row, n, rows, lines, order, starts);
        cover_lines(order, starts, lines, column, sign, u0, v0, u1, v1, first_slab, rows, columns, &of, room, found, means,
                    counts);
    } else {
        result = NO_MEMORY;
    }
    free(starts), free(order), free(of.slot), free(of.touched), free(of.sums);
    return result;
}

/* Room in which the pieces of one slab find place; 0 where there is none. */
int rt_make_room(Bench *bench, int64_t pieces) {
    if (pieces <= bench->room) return 1;
    rt_free_bench(bench);
    bench->room = pieces;
    bench->whole = malloc((size_t)pieces * 3 * sizeof(int64_t)), bench->numbers = malloc((size_t)pieces * 5 * sizeof(double));
    bench->is_clamped = malloc((size_t)pieces);
    return bench->whole && bench->numbers && bench->is_clamped;
}

void rt_free_bench(Bench *bench) {
    free(bench->whole), free(bench->numbers), free(bench->is_clamped);
    *bench = (Bench){0};
}

/* The edges of one slab, cut: how many pieces are on the bench; -1 where they do not fit. */
int64_t rt_cut_slab(const double *edges, int64_t n, const Lines *lines, int64_t rows, int64_t columns, Bench *bench) {
    int64_t r = bench->room, *whole = bench->whole;
    double *of = bench->numbers;
    return rt_cut(edges, NULL, n, lines, rows, columns, r, whole, whole + r, whole + 2 * r, of, of + r, of + 2 * r, of + 3 * r,
                  of + 4 * r, bench->is_clamped);
}

/* What the pieces of one slab on the bench cover, added as by rt_cover. */
int64_t rt_cover_slab(Bench *bench, int64_t pieces, int64_t slab, int64_t rows, int64_t columns, int64_t room,
                      int64_t *found, double *means, int64_t *counts) {
    int64_t r = bench->room, *whole = bench->whole;
    const double *of = bench->numbers;
    return rt_cover(pieces, whole, whole + r, whole + 2 * r, of, of + r, of + 2 * r, of + 3 * r, of + 4 * r, slab, 1, rows,
                    columns, room, found, means, counts);
}

/* The cells and runs of edges (n, 4), slab by slab: rt_cut and rt_cover at once, without keeping the pieces. `found`
 * (7, room) and `means` (6, room) as of rt_cover, with `room` for a row of them. -1 where something does not fit. */
int64_t rt_cover_outline(const double *edges, const int64_t *slab, int64_t n, const Lines *lines, int64_t rows,
                         int64_t columns, int64_t room, int64_t *found, double *means, int64_t *counts) {
    Outline outline = {.n = n, .edges = edges, .slab = slab};
    SlabEdges of = {0};
    Bench bench = {0};
    int64_t result = 0;
    counts[0] = counts[1] = 0;
    while (!result && rt_next_slab(&outline, &of)) {
        int64_t pieces = rt_most_pieces(of.edges, of.n, lines, rows);
        if (pieces >= 0 && !rt_make_room(&bench, pieces + 1)) pieces = NO_MEMORY;
        if (pieces >= 0) pieces = rt_cut_slab(of.edges, of.n, lines, rows, columns, &bench);
        result = pieces < 0 ? pieces
                            : rt_cover_slab(&bench, pieces, of.slab, rows, columns, room, found, means, counts);
    }
    rt_free_bench(&bench);
    return result;
}
