/* An outline and a dose -> extremes, volume, integral of the dose and the cumulative curve, in one call (twin of what
 * dosimetry/dvh.py does step by step). Slab by slab the pieces of the outline are made, searched and covered while they are
 * at hand, and forgotten. */
#include <math.h>
#include <stdlib.h>

#include "kernel.h"

#define LEAST_BINS 8192 /* as in dosimetry/histogram.py */
#define MOST_LAYERS 10000000

typedef struct {
    double first, width; /* the first edge in widths, and the width [Gy] */
    int64_t count;
} Bins;

/* The slabs in parts (twin of layers_of). */
typedef struct {
    int64_t count, *slab;
    double *low, *high;
} Layers;

/* What the pieces of all slabs cover, as of rt_cover in rows of `room`. */
typedef struct {
    int64_t room, *found, counts[2];
    double *means;
} Cover;

/* Bins of a round width that hold the doses from `low` to `high` (twin of bins_over); 0 where that is for numpy to say. */
static int bins_over(double low, double high, Bins *bins) {
    if (!(low > -1e9 && high < 1e9 && high >= low)) return 0;
    double finest = (high - low) / LEAST_BINS > 1e-6 ? (high - low) / LEAST_BINS : 1e-6, most_of = finest * (1 + 1e-9);
    double power = pow(10.0, floor(log10(finest)));
    if (power > most_of) return 0;
    bins->width = 5 * power <= most_of ? 5 * power : 2 * power <= most_of ? 2 * power : power;
    bins->first = floor(low / bins->width);
    bins->count = most((int64_t)(ceil(high / bins->width) - bins->first), 1);
    return 2 * (bins->count + 1) <= MOST_OF_A_CURVE;
}

static int64_t parts_of(double thickness, double spacing, int64_t refinement) {
    return (int64_t)fmax(rint(thickness / spacing), 1) * refinement;
}

static int64_t fill_layers(int64_t slabs, const double *low, const double *high, double spacing, int64_t refinement,
                           Layers *layers) {
    double total = 0;
    for (int64_t slab = 0; slab < slabs; slab++)
        total += fmax((high[slab] - low[slab]) / spacing + 1, 1) * (double)refinement;
    if (!(total < MOST_LAYERS)) return -1;
    size_t room = (size_t)total + 1;
    layers->slab = malloc(room * sizeof *layers->slab);
    layers->low = malloc(room * sizeof *layers->low), layers->high = malloc(room * sizeof *layers->high);
    if (!layers->slab || !layers->low || !layers->high) return NO_MEMORY;
    for (int64_t slab = 0; slab < slabs; slab++) {
        double thickness = high[slab] - low[slab];
        int64_t parts = parts_of(thickness, spacing, refinement);
        double step = thickness / (double)parts;
        for (int64_t part = 0; part < parts; part++) {
            double from = low[slab] + (double)part * step, to = from + step;
            layers->slab[layers->count] = slab;
            layers->low[layers->count] = from, layers->high[layers->count++] = to < high[slab] ? to : high[slab];
        }
    }
    return 0;
}

/* How many pieces the edges of a slab, and those of all slabs, can have at most; 0 where that cannot be said. */
static int count_pieces(const Outline *outline, SlabEdges of, const Lines *lines, int64_t rows, int64_t *of_a_slab,
                        int64_t *of_all) {
    *of_a_slab = *of_all = 0;
    while (rt_next_slab(outline, &of)) {
        int64_t pieces = rt_most_pieces(of.edges, of.n, lines, rows);
        if (pieces < 0) return 0;
        *of_a_slab = most(*of_a_slab, pieces), *of_all += pieces;
    }
    return 1;
}

/* Slab by slab: pieces are cut, searched and covered, each where there is something to keep it in. */
static int64_t go_through(const Outline *outline, SlabEdges of, const Lines *lines, int64_t rows, int64_t columns,
                          Bench *bench, Search *search, Cover *cover) {
    int64_t result = 0, r = bench->room, last = -1;
    while (!result && rt_next_slab(outline, &of)) {
        int64_t n = rt_cut_slab(of.edges, of.n, lines, rows, columns, bench);
        SlabPieces pieces = {n, bench->whole + r, bench->whole + 2 * r, bench->numbers + r, bench->numbers + 2 * r,
                             bench->numbers + 3 * r, bench->numbers + 4 * r, bench->is_clamped};
        if (n < 0 || of.slab <= last) return -1;
        last = of.slab;
        result = search ? rt_search_slab(search, of.slab, &pieces) : 0;
        if (!result && cover->found)
            result = rt_cover_slab(bench, n, of.slab, rows, columns, cover->room, cover->found, cover->means, cover->counts);
    }
    return result;
}

/* `change` and `step` of the bins, filled, or no bins at all (NULL); the volume and the integral of the dose in `totals`. */
static int64_t integrate(const Outline *outline, const Layers *layers, const Cover *cover, const Doses *doses,
                         const Axes *axes, int64_t subdivision, const Bins *bins, double *change, double *totals) {
    const int64_t *found = cover->found, room = cover->room;
    const double *means = cover->means;
    totals[0] = totals[1] = 0;
    return rt_integrate(layers->count, outline->slabs, layers->slab, layers->low, layers->high, doses, axes, subdivision,
                        cover->counts[0], found, found + room, found + 2 * room, means, means + room, means + 2 * room,
                        means + 3 * room, means + 4 * room, means + 5 * room, cover->counts[1], found + 3 * room,
                        found + 4 * room, found + 5 * room, found + 6 * room, bins->first * bins->width, bins->width,
                        bins->count, change, change ? change + bins->count + 1 : NULL, totals);
}

/* The doses of the curve (n,), then its volumes (n,), in units of `per_volume`: n. */
static int64_t fill_curve(const Bins *bins, const double *change, double per_volume, int64_t room, double *curve) {
    const double *step = change + bins->count + 1;
    int64_t n = bins->count + 1;
    for (int64_t i = 0; i <= bins->count; i++) n += step[i] > 0;
    if (2 * n > 2 * room) return -1;
    int64_t made = rt_cumulated(bins->count, change, step, bins->first, bins->width, n + 1, curve, curve + n);
    for (int64_t i = 0; i < made; i++) curve[n + i] *= per_volume;
    return made == n ? n : -1;
}

/* What is wanted of slabs from `low` to `high`. `found` (10,): the extremes as of rt_searched, which may be there already,
 * the volume and the integral of the dose; `curve`, which needs the extremes, has `room` doses and as many volumes, and
 * receives them without a gap. Returns how many; 0 where none are wanted or the outline only touches the box: then there is
 * no volume either, and the extremes are NaN. */
int64_t rt_dvh(const Outline *outline, const double *low, const double *high, const Lines *lines, const Doses *doses,
               const Axes *axes, int64_t subdivision, double spacing, int64_t refinement, double per_volume, int wanted,
               int64_t room, double *found, double *curve) {
    int64_t rows = axes->rows * subdivision, columns = axes->columns * subdivision, of_a_slab, result = NO_MEMORY;
    SlabEdges of;
    Bench bench = {0};
    Layers layers = {0};
    Cover cover = {0};
    Bins bins = {0, 1, 0};
    double *change = NULL;
    Search *search = wanted & EXTREMES ? rt_search(outline->slabs, low, high, doses, axes, subdivision) : NULL;
    if (!rt_room_for_edges(outline, &of) || (!search && wanted & EXTREMES)) goto done;
    result = count_pieces(outline, of, lines, rows, &of_a_slab, &cover.room) ? 0 : -1;
    if (!result) result = fill_layers(outline->slabs, low, high, spacing, refinement, &layers);
    if (result) goto done;
    size_t cells = (size_t)cover.room + 1;
    if (wanted & SUMS) cover.found = malloc(7 * cells * sizeof *cover.found), cover.means = malloc(6 * cells * sizeof *cover.means);
    result = rt_make_room(&bench, of_a_slab + 1) && (!(wanted & SUMS) || (cover.found && cover.means)) ? 0 : NO_MEMORY;
    if (!result) result = go_through(outline, of, lines, rows, columns, &bench, search, &cover);
    if (!result && search) {
        int64_t is_inside = rt_searched(search, found);
        if (!is_inside) found[0] = found[4] = NAN;
        result = least(is_inside, 0);
        if (is_inside != 1) goto done;
    }
    if (result || !(wanted & SUMS)) goto done;
    if (wanted & CURVE) {
        result = -1;
        if (!bins_over(found[4], found[0], &bins)) goto done;
        change = calloc(2 * (size_t)(bins.count + 1), sizeof *change);
        result = change ? 0 : NO_MEMORY;
    }
    if (!result) result = integrate(outline, &layers, &cover, doses, axes, subdivision, &bins, change, found + 8);
    if (!result && change && found[8] > 0) result = fill_curve(&bins, change, per_volume, room, curve);
done:
    rt_free_bench(&bench), rt_free_search(search);
    free(of.room), free(cover.found), free(cover.means), free(layers.slab), free(layers.low), free(layers.high), free(change);
    return result;
}
