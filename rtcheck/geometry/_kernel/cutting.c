/* Edges cut at every grid line (twin of cut_at_grid_lines in geometry/coverage.py). */
#include <float.h>

#include "kernel.h"

typedef struct {
    int64_t *slab, *row, *column;
    double *sign, *u0, *v0, *u1, *v1;
    uint8_t *is_clamped;
} Pieces;

/* Rise by run; 0 where it is not finite: an edge of less than 1e-308 cells is level (twin of _rate). */
static double rate(double rise, double run) {
    double value = rise / run;
    return value <= DBL_MAX && value >= -DBL_MAX ? value : 0.0;
}

/* An edge in units of cells. */
static void in_cells(const double *edge_mm, const Lines *lines, double *edge) {
    for (int end = 0; end < 4; end += 2) {
        edge[end] = (edge_mm[end] - lines->x0) * lines->per_x * lines->parts;
        edge[end + 1] = (edge_mm[end + 1] - lines->y0) * lines->per_y * lines->parts;
    }
}

/* How many pieces the edges (n, 4) can have at most: reserved, not filled.
 *
 * An edge in one row has a piece in each column. One that crosses rows has one in each row and column, but where it
 * turns back by rounding in its last row, or is cut off at the grid's first or last: then there may be some more. */
int64_t rt_most_pieces(const double *edges, int64_t n, const Lines *lines, int64_t rows) {
    int64_t total = 0;
    for (int64_t k = 0; k < n; k++) {
        double edge[4];
        in_cells(edges + 4 * k, lines, edge);
        for (int i = 0; i < 4; i++)
            if (!(edge[i] < 1e15 && edge[i] > -1e15)) return -1;
        double low = edge[1] < edge[3] ? edge[1] : edge[3], high = edge[1] < edge[3] ? edge[3] : edge[1];
        double left = edge[0] < edge[2] ? edge[0] : edge[2], right = edge[0] < edge[2] ? edge[2] : edge[0];
        if (!(right - left < 1e9)) return -1;
        int is_within = low >= 0 && high <= (double)rows;
        low = clip(low, -1, (double)rows + 1), high = clip(high, -1, (double)rows + 1);
        int64_t crossed_rows = most(ceil_of(high) - floor_of(low), 1);
        int64_t crossed_columns = most(ceil_of(right) - floor_of(left), 1);
        total += crossed_rows == 1 && is_within ? crossed_columns : crossed_rows + crossed_columns + 1 + 2 * !is_within;
    }
    return total;
}

static int64_t cut_at_columns(Pieces p, int64_t n, int64_t most_pieces, int64_t slab, int64_t row, double sign,
                              double u0, double v0, double u1, double v1, int64_t columns) {
    if (u1 < u0) {
        double u = u0, v = v0;
        sign = -sign, u0 = u1, v0 = v1, u1 = u, v1 = v;
    }
    int64_t first = floor_of(u0), count = most(ceil_of(u1) - first, 1);
    if (count == 1 && first >= 0 && first < columns && n < most_pieces) { /* the usual piece, which needs no clipping */
        p.slab[n] = slab, p.row[n] = row, p.column[n] = first, p.sign[n] = sign, p.is_clamped[n] = 0;
        p.u0[n] = u0 - (double)first, p.v0[n] = v0 - (double)row, p.u1[n] = u1 - (double)first, p.v1[n] = v1 - (double)row;
        return n + 1;
    }
    double slope = count > 1 ? rate(v1 - v0, u1 - u0) : 0.0;
    if (count > most_pieces - n) return -1;
    for (int64_t column = first; column < first + count; column++, n++) {
        double start = u0 > (double)column ? u0 : (double)column;
        double end = u1 < (double)(column + 1) ? u1 : (double)(column + 1);
        double low = column == first ? v0 : v0 + (start - u0) * slope;
        double high = end == u1 ? v1 : v0 + (end - u0) * slope;
        int is_right = start >= (double)columns;
        int64_t kept = column < 0 ? 0 : column > columns ? columns : column;
        p.is_clamped[n] = (uint8_t)(column < 0 || (is_right && end > (double)columns));
        start = clip(start, 0, (double)columns), end = clip(end, 0, (double)columns);
        p.slab[n] = slab, p.row[n] = row, p.column[n] = kept, p.sign[n] = sign;
        p.u0[n] = start - (double)kept, p.v0[n] = low - (double)row;
        p.u1[n] = end - (double)kept, p.v1[n] = high - (double)row;
    }
    return n;
}

/* The pieces of edges x0, y0, x1, y1 (n, 4), clipped to rows x columns; how many, -1 where they do not fit. Without `slabs`
 * all are of slab 0. */
int64_t rt_cut(const double *edges, const int64_t *slabs, int64_t edges_count, const Lines *lines, int64_t rows,
                      int64_t columns, int64_t most_pieces, int64_t *slab, int64_t *row_of, int64_t *column, double *sign_of, double *pu0,
                      double *pv0, double *pu1, double *pv1, uint8_t *is_clamped) {
    Pieces p = {slab, row_of, column, sign_of, pu0, pv0, pu1, pv1, is_clamped};
    int64_t n = 0;
    for (int64_t k = 0; k < edges_count; k++) {
        double edge[4];
        in_cells(edges + 4 * k, lines, edge);
        double u0 = edge[0], v0 = edge[1], u1 = edge[2], v1 = edge[3], sign = -1;
        if (v1 < v0) { /* interior on the left of a downward edge: toward +u */
            double u = u0, v = v0;
            sign = 1, u0 = u1, v0 = v1, u1 = u, v1 = v;
        }
        double height = v1 - v0;
        if (v0 < 0 || v1 > (double)rows) {
            if (v1 < 0 || v0 > (double)rows) continue;
            double low = clip(v0, 0, (double)rows), high = clip(v1, 0, (double)rows), slope = rate(u1 - u0, height);
            u0 = u0 + (low - v0) * slope, u1 = u1 + (high - v1) * slope, v0 = low, v1 = high;
            height = v1 - v0;
        }
        int64_t first = least(floor_of(v0), rows - 1), count = most(ceil_of(v1) - first, 1);
        if (count == 1) {
            n = cut_at_columns(p, n, most_pieces, slabs ? slabs[k] : 0, first, sign, u0, v0, u1, v1, columns);
            if (n < 0) return -1;
            continue;
        }
        double slope = rate(u1 - u0, height);
        for (int64_t row = first; row < first + count; row++) {
            double low = v0 > (double)row ? v0 : (double)row, high = v1 < (double)(row + 1) ? v1 : (double)(row + 1);
            double start = u0 + (low - v0) * slope, end = high == v1 ? u1 : u0 + (high - v0) * slope;
            n = cut_at_columns(p, n, most_pieces, slabs ? slabs[k] : 0, row, sign, start, low, end, high, columns);
            if (n < 0) return -1;
        }
    }
    return n;
}
