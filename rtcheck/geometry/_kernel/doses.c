/* Covered cells and dose -> volume, dose integral and histogram (twin of dosimetry/dose_in_cells.py with
 * tally_boxes of dosimetry/histogram.py). What numpy computes in single precision is computed in it here too, so that
 * every cell falls into the same bins. */
#include <math.h>
#include <stdlib.h>

#include "kernel.h"

#define VARIANCE_OF_BOX 12
#define SPARSE 8
#define CELLS_AT_ONCE 100000

typedef struct {
    int64_t rows, columns, subdivision; /* dose cells, and parts of each along x and y */
    const Doses *doses;
    const double *area; /* of a part of a cell (rows, columns) [mm2] */
} Box;

/* What the dose planes from `first` on contribute to the mean over a layer, and to the rise from its low to its high
 * face (twin of layer_weights in dosimetry/z_weights.py). */
typedef struct {
    int64_t first, count;
    float *mean, *rise;
} Weights;

typedef struct {
    double first;
    float scale;
    int64_t count;
    double *change, *step; /* (count + 1,), or no bins at all: NULL */
} Bins;

typedef struct {
    double volume, dose;
} Totals;

typedef struct {
    int64_t cells, runs;
    const int64_t *row, *column, *run_row, *run_column, *run_length;
    const double *area, *mean_u, *mean_v, *mean_uv, *mean_uu, *mean_vv;
} Covered;

static inline void tally(const Bins *bins, double low, double high, double volume) {
    int64_t top = bins->count;
    int64_t begin = low < 0 ? 0 : low > (double)top ? top : (int64_t)low;
    int64_t end = high < 0 ? 0 : high > (double)top ? top : (int64_t)high;
    if (begin == end) {
        bins->step[begin] += volume;
    } else {
        double density = volume / (double)(end - begin);
        bins->change[begin] += density;
        bins->change[end] -= density;
    }
}

/* The share of a gap that lies below z. */
static double share_below(double z, double below, double gap) { return clip((z - below) / gap, 0, 1); }

/* The weight of plane `plane` in the dose at z, which lies between the planes of the gap `gap`. */
static double weight_at(const double *z_of, int64_t gap, int64_t plane, double z) {
    double share = (z - z_of[gap]) / (z_of[gap + 1] - z_of[gap]);
    return plane == gap ? 1 - share : plane == gap + 1 ? share : 0;
}

static void weigh_planes(const Axes *axes, double low, double high, Weights *weights) {
    const double *z = axes->z;
    int64_t last = axes->gaps - 1, nodes = axes->gaps + 1;
    int64_t lowest = least(most(first_above(z, nodes, low) - 1, 0), last);
    int64_t highest = least(most(first_not_below(z, nodes, high) - 1, lowest), last);
    int64_t gap_of_low = least(most(first_above(z, nodes, low) - 1, lowest), highest);
    int64_t gap_of_high = least(most(first_above(z, nodes, high) - 1, lowest), highest);
    double of_upper_below = 0;
    weights->first = lowest, weights->count = highest - lowest + 2;
    for (int64_t plane = lowest; plane <= highest + 1; plane++) {
        double of_lower = 0, of_upper = 0;
        if (plane <= highest) {
            double gap = z[plane + 1] - z[plane];
            double enters = share_below(low, z[plane], gap), leaves = share_below(high, z[plane], gap);
            of_upper = (leaves * leaves - enters * enters) / 2 * gap;
            of_lower = (leaves - enters) * gap - of_upper;
        }
        weights->mean[plane - lowest] = (float)((of_lower + of_upper_below) / (high - low));
        weights->rise[plane - lowest] =
            (float)(weight_at(z, gap_of_high, plane, high) - weight_at(z, gap_of_low, plane, low));
        of_upper_below = of_upper;
    }
}

/* One row of nodes: mean over a layer's z. */
WIDE static void row_means(const Box *box, const Weights *weights, int64_t row, float *restrict node) {
    const Doses *doses = box->doses;
    int64_t width = box->columns + 1, is_first = 1;
    int64_t begin = doses->column < 0, end = least(width, doses->columns - doses->column);
    for (int64_t step = 0; step < weights->count; step++) {
        float weight = weights->mean[step];
        if (weight == 0 && weights->rise[step] == 0) continue;
        const float *restrict dose = stored_row(doses, weights->first + step, row) + (doses->column + begin);
        if (is_first)
            for (int64_t i = begin; i < end; i++) node[i] = dose[i - begin] * weight;
        else
            for (int64_t i = begin; i < end; i++) node[i] = node[i] + dose[i - begin] * weight;
        is_first = 0;
    }
    if (begin) node[0] = node[1];
    if (end < width) node[end] = node[end - 1];
}

/* The same with the rise from the layer's low to its high face. */
WIDE static void row_doses(const Box *box, const Weights *weights, int64_t row, float *restrict node, float *restrict rise) {
    const Doses *doses = box->doses;
    int64_t width = box->columns + 1, is_first = 1;
    int64_t begin = doses->column < 0, end = least(width, doses->columns - doses->column);
    for (int64_t step = 0; step < weights->count; step++) {
        float weight = weights->mean[step], rise_weight = weights->rise[step];
        if (weight == 0 && rise_weight == 0) continue;
        const float *restrict dose = stored_row(doses, weights->first + step, row) + (doses->column + begin);
        if (is_first)
            for (int64_t i = begin; i < end; i++) {
                node[i] = dose[i - begin] * weight;
                rise[i] = dose[i - begin] * rise_weight;
            }
        else
            for (int64_t i = begin; i < end; i++) {
                node[i] = node[i] + dose[i - begin] * weight;
                rise[i] = rise[i] + dose[i - begin] * rise_weight;
            }
        is_first = 0;
    }
    if (begin) node[0] = node[1], rise[0] = rise[1];
    if (end < width) node[end] = node[end - 1], rise[end] = rise[end - 1];
}

/* Mean over a layer's z at the nodes of some rows, and the rise from its low to its high face in mid-cell, which only a
 * histogram needs: without `rise_node` there is none. */
WIDE static void layer_doses(const Box *box, const Weights *weights, int64_t low_row, int64_t high_row, float *node,
                        float *rise_node, float *restrict rise_cell) {
    int64_t width = box->columns + 1;
    if (!rise_node) {
        for (int64_t row = low_row; row <= high_row + 1; row++) row_means(box, weights, row, node + row * width);
        return;
    }
    for (int64_t row = low_row; row <= high_row + 1; row++)
        row_doses(box, weights, row, node + row * width, rise_node + row * width);
    for (int64_t row = low_row; row <= high_row; row++) {
        const float *here = rise_node + row * width, *above = here + width;
        float *cell = rise_cell + row * box->columns;
        for (int64_t c = 0; c < box->columns; c++)
            cell[c] = ((here[c] + above[c]) + (here[c + 1] + above[c + 1])) * 0.25f;
    }
}

/* A part of a cell (row, column): the bilinear dose integrated with the moments of the part in the dose cell. */
static inline void add_part(const Box *box, const Bins *bins, const float *node, const float *rise_cell, int64_t row,
                     int64_t column, double u, double v, double variance_u, double variance_v, double covariance,
                     double volume, Totals *totals) {
    const float *at = node + row * (box->columns + 1) + column, *over = at + box->columns + 1;
    double corner = at[0], along_u = at[1] - corner, along_v = over[0] - corner;
    double twist = over[1] - corner - along_u - along_v;
    double mean = corner + along_u * u + along_v * v + twist * (u * v + covariance);
    totals->volume += volume;
    totals->dose += volume * mean;
    if (!bins->change) return;
    float rise_single = rise_cell[row * box->columns + column];
    double rise = rise_single * rise_single;
    double slope_u = along_u + twist * v, slope_v = along_v + twist * u;
    double variance = slope_u * slope_u * variance_u + slope_v * slope_v * variance_v;
    variance += 2 * slope_u * slope_v * covariance;
    variance = VARIANCE_OF_BOX * variance;
    double spread = sqrt((variance > 0 ? variance : 0) + rise);
    double middle = (mean - bins->first) * (double)bins->scale, half = spread * (double)(bins->scale / 2);
    tally(bins, rint(middle - half), rint(middle + half), volume);
}

/* The bins from `begin` to `end` of many cells at once, and their volume `height` * area by bin: the nearest whole number
 * (ties to even) of 0 to top; what added to 1.5 * 2^23 loses its fraction. */
WIDE static void to_bins(const float *restrict middle, const float *restrict reach, const double *restrict area,
                         double height, int64_t n, float top, int32_t *restrict begin, int32_t *restrict end,
                         double *restrict density) {
    const float whole = 12582912.0f;
    for (int64_t i = 0; i < n; i++) {
        float low = middle[i] - reach[i], high = middle[i] + reach[i];
        low = low < 0 ? 0 : low, high = high < 0 ? 0 : high;
        low = low > top ? top : low, high = high > top ? top : high;
        begin[i] = (int32_t)((low + whole) - whole), end[i] = (int32_t)((high + whole) - whole);
        int32_t width = end[i] - begin[i];
        density[i] = height * area[i] / (double)(width > 1 ? width : 1);
    }
}

/* The volumes `height` * area of many cells and the integral of their dose, in four sums each side by side. */
WIDE static void add_cells(const float *restrict mean, const double *restrict area, double height, int64_t n,
                           Totals *totals) {
    double volume[4] = {0}, dose[4] = {0};
    int64_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (int k = 0; k < 4; k++) {
            double of_cell = height * area[i + k];
            volume[k] += of_cell, dose[k] += of_cell * (double)mean[i + k];
        }
    for (; i < n; i++) volume[0] += height * area[i], dose[0] += height * area[i] * (double)mean[i];
    totals->volume += (volume[0] + volume[1]) + (volume[2] + volume[3]);
    totals->dose += (dose[0] + dose[1]) + (dose[2] + dose[3]);
}

/* Means of full dose cells in one row, each in s parts along x. */
WIDE static void full_means(const float *restrict low, const float *restrict high, int64_t length, float at_y, int64_t s,
                       float *restrict mean) {
    for (int64_t part = 0; part < s; part++) {
        float at_x = (float)(((double)part + 0.5) / (double)s);
        for (int64_t c = 0; c < length; c++) {
            float along_y0 = high[c] - low[c], along_y1 = high[c + 1] - low[c + 1];
            float left = low[c] + at_y * along_y0, along_x = low[c + 1] + at_y * along_y1 - left;
            mean[part * length + c] = left + at_x * along_x;
        }
    }
}

/* Means and spreads of full dose cells column .. column + length in one row, each in s parts along x. */
WIDE static void full_cells(const float *restrict low, const float *restrict high, const float *restrict rise,
                       int64_t length, float at_y, int64_t s, float *restrict mean, float *restrict spread) {
    float per_part = (float)(1.0 / (double)s), half = 0.5f / (float)s;
    for (int64_t part = 0; part < s; part++) {
        float at_x = (float)(((double)part + 0.5) / (double)s);
        for (int64_t c = 0; c < length; c++) {
            float along_y0 = high[c] - low[c], along_y1 = high[c + 1] - low[c + 1];
            float left = low[c] + at_y * along_y0, along_x = low[c + 1] + at_y * along_y1 - left;
            float change_x = along_x * per_part, change_y = (along_y1 + along_y0) * half;
            mean[part * length + c] = left + at_x * along_x;
            spread[part * length + c] = sqrtf(change_x * change_x + (change_y * change_y + rise[c] * rise[c]));
        }
    }
}

/* A run of full parts of cells in one row: the dose at their centres. Row and column count parts. `work` has room for
 * three doubles a part of a row. */
static void add_full_run(const Box *box, const Bins *bins, const float *node, const float *rise_cell, int64_t row,
                         int64_t column, int64_t length, double height, double *work, Totals *totals) {
    int64_t s = box->subdivision, dose_row = dose_cell(row, s), width = box->columns + 1, first_cell = dose_cell(column, s);
    int64_t cells = dose_cell(column + length - 1, s) - first_cell + 1, parts = cells * s, room = box->columns * s;
    const float *low = node + dose_row * width + first_cell;
    const double *area = box->area + dose_row * box->columns + first_cell;
    double *density = work;
    float *mean = (float *)(work + room), *spread = mean + room, first = (float)bins->first, half_scale = bins->scale / 2;
    int32_t *begin = (int32_t *)(work + 2 * room), *end = begin + room;
    float at_y = (float)(((double)part_in_cell(row, s) + 0.5) / (double)s);
    if (bins->change)
        full_cells(low, low + width, rise_cell + dose_row * box->columns + first_cell, cells, at_y, s, mean, spread);
    else
        full_means(low, low + width, cells, at_y, s, mean);
    for (int64_t part = 0; part < s; part++) { /* a run may begin and end within a dose cell */
        int64_t from = first_cell * s + part < column, to = cells - (part > part_in_cell(column + length - 1, s));
        add_cells(mean + part * cells + from, area + from, height, to - from, totals);
    }
    if (!bins->change) return;
    for (int64_t i = 0; i < parts; i++) {
        mean[i] = (mean[i] - first) * bins->scale;
        spread[i] = spread[i] * half_scale;
    }
    for (int64_t part = 0; part < s; part++) {
        int64_t from = first_cell * s + part < column, to = cells - (part > part_in_cell(column + length - 1, s));
        int64_t at = part * cells;
        to_bins(mean + at, spread + at, area, height, cells, (float)bins->count, begin, end, density);
        for (int64_t c = from; c < to; c++)
            if (begin[c] == end[c])
                bins->step[begin[c]] += density[c];
            else
                bins->change[begin[c]] += density[c], bins->change[end[c]] -= density[c];
    }
}

/* The same for few full cells, in double precision as numpy does it then. */
static void add_sparse_run(const Box *box, const Bins *bins, const float *node, const float *rise_cell, int64_t row,
                           int64_t column, int64_t length, double height, Totals *totals) {
    int64_t s = box->subdivision, dose_row = dose_cell(row, s);
    double parts = (double)s, v = ((double)part_in_cell(row, s) + 0.5) / parts, variance = 1.0 / VARIANCE_OF_BOX / (parts * parts);
    for (int64_t c = column; c < column + length; c++) {
        int64_t cell = dose_cell(c, s);
        double volume = height * box->area[dose_row * box->columns + cell];
        add_part(box, bins, node, rise_cell, dose_row, cell, ((double)(c - cell * s) + 0.5) / parts, v, variance, variance, 0,
                 volume, totals);
    }
}

WIDE static void add_partly_covered(const Box *box, const Bins *bins, const float *node, const float *rise_cell,
                               const Covered *covered, int64_t begin, int64_t end, double height, Totals *totals) {
    int64_t s = box->subdivision;
    double part = 1 / (double)s, part_squared = part * part; /* exact: there are 1, 2, 4 or 8 parts */
    for (int64_t k = begin; k < end; k++) {
        int64_t row = dose_cell(covered->row[k], s), column = dose_cell(covered->column[k], s);
        double mean_u = covered->mean_u[k], mean_v = covered->mean_v[k];
        double u = ((double)(covered->column[k] - column * s) + mean_u) * part;
        double v = ((double)(covered->row[k] - row * s) + mean_v) * part;
        double variance_u = (covered->mean_uu[k] - mean_u * mean_u) * part_squared;
        double variance_v = (covered->mean_vv[k] - mean_v * mean_v) * part_squared;
        double covariance = (covered->mean_uv[k] - mean_u * mean_v) * part_squared;
        add_part(box, bins, node, rise_cell, row, column, u, v, variance_u, variance_v, covariance,
                 covered->area[k] * height * box->area[row * box->columns + column], totals);
    }
}

/* Where the cells or runs of each slab begin: `starts` (slabs + 1,); `slab` ascending. */
static void bounds_of(const int64_t *slab, int64_t n, int64_t slabs, int64_t *starts) {
    int64_t k = 0;
    for (int64_t s = 0; s <= slabs; s++) {
        while (k < n && slab[k] < s) k++;
        starts[s] = k;
    }
}

/* The area of a part of each cell (rows, columns). */
static void fill_areas(const Axes *axes, int64_t subdivision, double *area) {
    double parts = (double)(subdivision * subdivision);
    for (int64_t row = 0; row < axes->rows; row++)
        for (int64_t column = 0; column < axes->columns; column++)
            *area++ = (axes->y[row + 1] - axes->y[row]) * (axes->x[column + 1] - axes->x[column]) / parts;
}

/* Of each layer: its slab `layer_slab`, from `low` to `high`. `totals` (2,): the volume and the integral of the dose,
 * to which, and to the bins, is added. Without `change` no histogram is made. */
int64_t rt_integrate(int64_t layers, int64_t slabs, const int64_t *layer_slab, const double *low, const double *high,
                            const Doses *doses, const Axes *axes, int64_t subdivision, int64_t cells, const int64_t *slab, const int64_t *row, const int64_t *column,
                            const double *covered_area, const double *mean_u, const double *mean_v,
                            const double *mean_uv, const double *mean_uu, const double *mean_vv, int64_t runs,
                            const int64_t *run_slab, const int64_t *run_row, const int64_t *run_column,
                            const int64_t *run_length, double first_gy, double width_gy, int64_t count, double *change,
                            double *step, double *totals) {
    int64_t rows = axes->rows, columns = axes->columns;
    double *area = malloc((size_t)(rows * columns) * sizeof *area);
    float *of_planes = malloc(2 * (size_t)(axes->gaps + 1) * sizeof *of_planes);
    Box box = {rows, columns, subdivision, doses, area};
    Weights weights = {0, 0, of_planes, of_planes + axes->gaps + 1};
    Bins bins = {first_gy, (float)(1 / width_gy), count, change, step};
    Covered covered = {cells, runs, row, column, run_row, run_column, run_length,
                       covered_area, mean_u, mean_v, mean_uv, mean_uu, mean_vv};
    Totals sum = {0, 0};
    int64_t result = 0, s = subdivision, parts = rows * columns * s * s;
    int64_t *cell_starts = malloc((size_t)(slabs + 1) * sizeof *cell_starts);
    int64_t *run_starts = malloc((size_t)(slabs + 1) * sizeof *run_starts);
    size_t nodes = (size_t)((rows + 1) * (columns + 1));
    float *node = malloc(3 * nodes * sizeof *node);
    double *work = malloc((size_t)(3 * columns * s) * sizeof *work);
    if (!cell_starts || !run_starts || !node || !work || !area || !of_planes) {
        result = NO_MEMORY;
        goto done;
    }
    fill_areas(axes, subdivision, area);
    bounds_of(slab, cells, slabs, cell_starts);
    bounds_of(run_slab, runs, slabs, run_starts);
    int64_t portion = most(1, CELLS_AT_ONCE / parts);
    for (int64_t first = 0; first < layers; first += portion) {
        int64_t last = least(first + portion, layers), full = 0;
        for (int64_t layer = first; layer < last; layer++)
            for (int64_t k = run_starts[layer_slab[layer]]; k < run_starts[layer_slab[layer] + 1]; k++)
                full += run_length[k];
        int is_sparse = full * SPARSE < (last - first) * parts;
        for (int64_t layer = first; layer < last; layer++) {
            int64_t begin = cell_starts[layer_slab[layer]], end = cell_starts[layer_slab[layer] + 1];
            int64_t run_begin = run_starts[layer_slab[layer]], run_end = run_starts[layer_slab[layer] + 1];
            int64_t low_row = rows, high_row = -1;
            if (begin < end) low_row = dose_cell(row[begin], s), high_row = dose_cell(row[end - 1], s);
            if (run_begin < run_end) {
                low_row = least(low_row, dose_cell(run_row[run_begin], s));
                high_row = most(high_row, dose_cell(run_row[run_end - 1], s));
            }
            if (high_row < low_row) continue;
            float *rise_cell = node + 2 * nodes;
            double height = high[layer] - low[layer];
            weigh_planes(axes, low[layer], high[layer], &weights);
            layer_doses(&box, &weights, low_row, high_row, node, change ? node + nodes : NULL, rise_cell);
            for (int64_t k = run_begin; k < run_end; k++)
                if (is_sparse)
                    add_sparse_run(&box, &bins, node, rise_cell, run_row[k], run_column[k], run_length[k], height,
                                   &sum);
                else
                    add_full_run(&box, &bins, node, rise_cell, run_row[k], run_column[k], run_length[k], height, work,
                                 &sum);
            add_partly_covered(&box, &bins, node, rise_cell, &covered, begin, end, height, &sum);
        }
    }
    totals[0] += sum.volume;
    totals[1] += sum.dose;
done:
    free(cell_starts), free(run_starts), free(node), free(work), free(area), free(of_planes);
    return result;
}
