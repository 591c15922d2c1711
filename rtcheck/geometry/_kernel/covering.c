/* Pieces of an outline -> covered cells with moments, runs of full cells (twin of cover in geometry/coverage.py). */
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

#define NO_COVER 1e-12
#define TERMS 9

/* What a piece adds to all cells on its right (1, v, vv over its height), and to its own (1, u, v, uv, uu, vv). */
static void add_contributions(double *sum, double u0, double v0, double u1, double v1, double sign) {
    double height = (v1 - v0) * sign;
    double uu = u0 * u0 + u0 * u1 + u1 * u1, vv = v0 * v0 + v0 * v1 + v1 * v1;
    double mean_u = (u0 + u1) / 2, mean_v = (v0 + v1) / 2, mean_vv = vv / 3;
    double mean_uv = (2 * (u0 * v0 + u1 * v1) + u0 * v1 + u1 * v0) / 6;
    double mean_uuu = (u0 + u1) * (u0 * u0 + u1 * u1) / 4;
    double mean_uuv = (v0 * (uu + u0 * (2 * u0 + u1)) + v1 * (uu + u1 * (2 * u1 + u0))) / 12;
    double mean_uvv = (u0 * (vv + v0 * (2 * v0 + v1)) + u1 * (vv + v1 * (2 * v1 + v0))) / 12;
    sum[0] += height;
    sum[1] += mean_v * height;
    sum[2] += mean_vv * height;
    sum[3] += (1 - mean_u) * height;
    sum[4] += (1 - uu / 3) / 2 * height;
    sum[5] += (mean_v - mean_uv) * height;
    sum[6] += (mean_v - mean_uuv) / 2 * height;
    sum[7] += (1 - mean_uuu) / 3 * height;
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

/* `found` (8 or more, cells): slab, row, column, runs' slab, row, column, length; `means` (6, cells). Both have room
 * for n cells. counts[0] receives the number of cells, counts[1] of runs. */
int64_t rt_cover(int64_t n, const int64_t *slab, const int64_t *row, const int64_t *column, const double *sign,
                        const double *u0, const double *v0, const double *u1, const double *v1, int64_t slabs,
                        int64_t rows, int64_t columns, int64_t *found, double *means, int64_t *counts) {
    int64_t lines = slabs * rows, cells = 0, runs = 0, result = 0;
    int64_t *starts = calloc((size_t)(lines + 1), sizeof *starts), *order = malloc((size_t)(n + 1) * sizeof *order);
    int32_t *slot = malloc((size_t)(columns + 1) * sizeof *slot);
    int64_t *touched = malloc((size_t)(columns + 1) * sizeof *touched);
    double *sums = malloc((size_t)(columns + 1) * TERMS * sizeof *sums);
    if (!starts || !order || !slot || !touched || !sums) {
        result = NO_MEMORY;
        goto done;
    }
    for (int64_t c = 0; c <= columns; c++) slot[c] = -1;
    sort_by_line(slab, row, n, rows, lines, order, starts);
    for (int64_t line = 0; line < lines; line++) {
        int64_t width = 0;
        for (int64_t i = starts[line]; i < starts[line + 1]; i++) {
            int64_t k = order[i], c = column[k];
            if (slot[c] < 0) {
                slot[c] = (int32_t)width;
                for (int term = 0; term < TERMS; term++) sums[width * TERMS + term] = 0;
                touched[width++] = c;
            }
            add_contributions(sums + (int64_t)slot[c] * TERMS, u0[k], v0[k], u1[k], v1[k], sign[k]);
        }
        if (!width) continue;
        sort_columns(touched, width);
        double winding = 0, of_v = 0, of_vv = 0;
        int64_t s = line / rows, r = line % rows;
        for (int64_t i = 0; i < width; i++) {
            int64_t c = touched[i];
            const double *own = sums + (int64_t)slot[c] * TERMS;
            double area = winding + own[3];
            if (area > NO_COVER && c < columns) {
                found[cells] = s, found[n + cells] = r, found[2 * n + cells] = c;
                means[cells] = area;
                means[n + cells] = (winding / 2 + own[4]) / area;
                means[2 * n + cells] = (of_v + own[5]) / area;
                means[3 * n + cells] = (of_v / 2 + own[6]) / area;
                means[4 * n + cells] = (winding / 3 + own[7]) / area;
                means[5 * n + cells] = (of_vv + own[8]) / area;
                cells++;
            }
            winding += own[0], of_v += own[1], of_vv += own[2];
            slot[c] = -1;
            if (i + 1 < width && touched[i + 1] - c > 1 && winding > 0.5) {
                found[3 * n + runs] = s, found[4 * n + runs] = r, found[5 * n + runs] = c + 1;
                found[6 * n + runs] = touched[i + 1] - c - 1;
                runs++;
            }
        }
    }
    counts[0] = cells, counts[1] = runs;
done:
    free(starts), free(order), free(slot), free(touched), free(sums);
    return result;
}

/* Room in which the pieces of one slab, and the cells that they cover, find place; 0 where there is none. */
int rt_make_room(Bench *bench, int64_t pieces) {
    if (pieces <= bench->room) return 1;
    rt_free_bench(bench);
    bench->room = pieces;
    bench->whole = malloc((size_t)pieces * 3 * sizeof(int64_t)), bench->found = malloc((size_t)pieces * 7 * sizeof(int64_t));
    bench->numbers = malloc((size_t)pieces * 5 * sizeof(double)), bench->means = malloc((size_t)pieces * 6 * sizeof(double));
    bench->is_clamped = malloc((size_t)pieces);
    return bench->whole && bench->found && bench->numbers && bench->means && bench->is_clamped;
}

void rt_free_bench(Bench *bench) {
    free(bench->whole), free(bench->found), free(bench->numbers), free(bench->means), free(bench->is_clamped);
    *bench = (Bench){0};
}

/* The edges of one slab, cut: how many pieces are on the bench; -1 where they do not fit. */
int64_t rt_cut_slab(const double *edges, const int64_t *slab, int64_t n, const Lines *lines, int64_t rows, int64_t columns,
                    Bench *bench) {
    int64_t r = bench->room, *whole = bench->whole;
    double *of = bench->numbers;
    return rt_cut(edges, slab, n, lines, rows, columns, r, whole, whole + r, whole + 2 * r, of, of + r, of + 2 * r,
                  of + 3 * r, of + 4 * r, bench->is_clamped);
}

/* What the pieces of one slab on the bench cover, added to `found` and `means` as rt_cover lays them out, in rows of
 * `room`. */
int64_t rt_cover_slab(Bench *bench, int64_t pieces, int64_t slab, int64_t rows, int64_t columns, int64_t room,
                      int64_t *found, double *means, int64_t *counts) {
    int64_t r = bench->room, *whole = bench->whole, own[2], cells = counts[0], runs = counts[1];
    const double *of = bench->numbers;
    for (int64_t k = 0; k < pieces; k++) whole[k] = 0;
    int64_t result = rt_cover(pieces, whole, whole + r, whole + 2 * r, of, of + r, of + 2 * r, of + 3 * r, of + 4 * r, 1, rows,
                              columns, bench->found, bench->means, own);
    if (result < 0) return result;
    if (own[0] > room - cells || own[1] > room - runs) return -1;
    for (int64_t k = 0; k < own[0]; k++) found[cells + k] = slab;
    for (int64_t k = 0; k < own[1]; k++) found[3 * room + runs + k] = slab;
    for (int row = 1; row < 7; row++) /* as many cells as runs have room in a row of `pieces` */
        if (row != 3)
            memcpy(found + row * room + (row < 3 ? cells : runs), bench->found + row * pieces,
                   (size_t)own[row > 3] * sizeof *found);
    for (int row = 0; row < 6; row++)
        memcpy(means + row * room + cells, bench->means + row * pieces, (size_t)own[0] * sizeof *means);
    counts[0] += own[0], counts[1] += own[1];
    return 0;
}

/* The cells and runs of an outline, slab by slab: rt_cut and rt_cover at once, without keeping the pieces. `found` (7, room)
 * and `means` (6, room) as of rt_cover, with `room` for a row of them. -1 where something does not fit. */
int64_t rt_cover_outline(const double *edges, const int64_t *slab, int64_t n, const Lines *lines, int64_t rows,
                         int64_t columns, int64_t room, int64_t *found, double *means, int64_t *counts) {
    Bench bench = {0};
    int64_t result = 0;
    counts[0] = counts[1] = 0;
    for (int64_t first = 0, last; !result && first < n; first = last) {
        for (last = first; last < n && slab[last] == slab[first];) last++;
        int64_t pieces = rt_most_pieces(edges + 4 * first, last - first, lines, rows);
        if (pieces >= 0 && !rt_make_room(&bench, pieces + 1)) pieces = NO_MEMORY;
        if (pieces >= 0) pieces = rt_cut_slab(edges + 4 * first, slab + first, last - first, lines, rows, columns, &bench);
        result = pieces < 0 ? pieces
                            : rt_cover_slab(&bench, pieces, slab[first], rows, columns, room, found, means, counts);
    }
    rt_free_bench(&bench);
    return result;
}
