/* Distances from the nodes of a lattice's tiles to the loops of a plane, and the field made of them. */
#include <math.h>
#include <stdlib.h>

#include "kernel.h"

#define CELLS 4
#define NODES 25 /* of a tile */
#define CHUNK 8  /* segments that follow one another, looked at together first */
#define ROUNDING 1e-6

typedef struct {
    double x, y, along_x, along_y, length;
} Segment;

/* A circle around some segments that follow one another. */
typedef struct {
    double x, y, radius;
    int64_t first, last;
} Chunk;

typedef struct {
    Segment *segments;
    Chunk *chunks;
    int64_t *first_chunk; /* (groups + 1,) */
    double *away;         /* of a tile's centre from each chunk's circle */
} Outlines;

typedef struct {
    double x[NODES], y[NODES], centre_x, centre_y, radius;
} Nodes;

static double pieces_of(double length, double longest) {
    double pieces = ceil(length / longest);
    return pieces > 1 ? pieces : 1;
}

static Chunk chunk_of(const Segment *segments, int64_t first, int64_t last) {
    double low_x = INFINITY, high_x = -INFINITY, low_y = INFINITY, high_y = -INFINITY;
    for (int64_t k = first; k < last; k++) {
        const Segment *s = segments + k;
        double end_x = s->x + s->along_x * s->length, end_y = s->y + s->along_y * s->length;
        low_x = fmin(low_x, fmin(s->x, end_x)), high_x = fmax(high_x, fmax(s->x, end_x));
        low_y = fmin(low_y, fmin(s->y, end_y)), high_y = fmax(high_y, fmax(s->y, end_y));
    }
    double radius = sqrt((high_x - low_x) * (high_x - low_x) + (high_y - low_y) * (high_y - low_y)) / 2;
    return (Chunk){(low_x + high_x) / 2, (low_y + high_y) / 2, radius, first, last};
}

static void free_outlines(Outlines *outlines) {
    free(outlines->segments), free(outlines->chunks), free(outlines->first_chunk), free(outlines->away);
}

/* The edges (n, 4) of each group (first_edge (groups + 1,)), cut to pieces no longer than `longest`. */
static int cut_outlines(const double *edges, const int64_t *first_edge, int64_t groups, double longest, Outlines *made) {
    double total = 0;
    for (int64_t k = 0; k < first_edge[groups]; k++)
        total += pieces_of(hypot(edges[4 * k + 2] - edges[4 * k], edges[4 * k + 3] - edges[4 * k + 1]), longest);
    if (!(total < 1e8)) return 0;
    int64_t room = (int64_t)total + 1, segments = 0, chunks = 0;
    made->segments = malloc((size_t)room * sizeof(Segment));
    made->chunks = malloc((size_t)(room / CHUNK + groups + 1) * sizeof(Chunk));
    made->first_chunk = malloc((size_t)(groups + 1) * sizeof(int64_t));
    made->away = malloc((size_t)(room / CHUNK + groups + 1) * sizeof(double));
    if (!made->segments || !made->chunks || !made->first_chunk || !made->away) return 0;
    for (int64_t group = 0; group < groups; group++) {
        int64_t first = segments;
        for (int64_t k = first_edge[group]; k < first_edge[group + 1]; k++) {
            const double *edge = edges + 4 * k;
            double span_x = edge[2] - edge[0], span_y = edge[3] - edge[1], length = hypot(span_x, span_y);
            double pieces = pieces_of(length, longest), unit = length > 0 ? length : 1;
            double along_x = span_x / unit, along_y = span_y / unit, piece = length / pieces;
            for (int64_t nth = 0; nth < (int64_t)pieces; nth++)
                made->segments[segments++] = (Segment){edge[0] + along_x * ((double)nth * piece),
                                                       edge[1] + along_y * ((double)nth * piece), along_x, along_y, piece};
        }
        made->first_chunk[group] = chunks;
        for (int64_t k = first; k < segments; k += CHUNK)
            made->chunks[chunks++] = chunk_of(made->segments, k, least(k + CHUNK, segments));
    }
    made->first_chunk[groups] = chunks;
    return 1;
}

static void nodes_of(const Lattice *lattice, int64_t tile_row, int64_t tile_column, Nodes *nodes) {
    double h = lattice->spacing;
    for (int64_t k = 0; k < NODES; k++) {
        nodes->x[k] = lattice->x0 + h * (double)(tile_column * CELLS + k % (CELLS + 1));
        nodes->y[k] = lattice->y0 + h * (double)(tile_row * CELLS + k / (CELLS + 1));
    }
    nodes->centre_x = lattice->x0 + h * ((double)(tile_column * CELLS) + CELLS / 2.0);
    nodes->centre_y = lattice->y0 + h * ((double)(tile_row * CELLS) + CELLS / 2.0);
    nodes->radius = CELLS * h * sqrt(0.5);
}

/* The squared distance of a point from the nearest point of a segment. */
static inline double squared_from(const Segment *s, double ux, double uy, double x, double y) {
    double from_x = x - s->x, from_y = y - s->y;
    double foot = from_x * ux + from_y * uy;
    foot = foot < 0 ? 0 : foot;
    foot = foot > s->length ? s->length : foot;
    double off_x = from_x - foot * s->along_x, off_y = from_y - foot * s->along_y;
    return off_x * off_x + off_y * off_y;
}

/* How far a tile's centre is from the circles of a group's chunks: `away` of each, and the least. */
static double least_away(const Outlines *outlines, int64_t group, const Nodes *nodes) {
    double nearest = INFINITY;
    for (int64_t k = outlines->first_chunk[group]; k < outlines->first_chunk[group + 1]; k++) {
        const Chunk *chunk = outlines->chunks + k;
        double x = nodes->centre_x - chunk->x, y = nodes->centre_y - chunk->y;
        outlines->away[k] = sqrt(x * x + y * y) - chunk->radius;
        nearest = fmin(nearest, outlines->away[k]);
    }
    return nearest;
}

/* Squared distances of a tile's nodes from a group. Only segments that can be the nearest to some node are measured. */
static void squared_distances(const Outlines *outlines, int64_t group, const Nodes *nodes, double *squared) {
    int64_t first = outlines->first_chunk[group], last = outlines->first_chunk[group + 1];
    double within = INFINITY, reach = 2 * nodes->radius + ROUNDING;
    for (int64_t k = first; k < last; k++) within = fmin(within, outlines->away[k] + 2 * outlines->chunks[k].radius);
    for (int n = 0; n < NODES; n++) squared[n] = INFINITY;
    for (int64_t k = first; k < last; k++) {
        if (outlines->away[k] > within + reach) continue;
        for (int64_t nth = outlines->chunks[k].first; nth < outlines->chunks[k].last; nth++) {
            const Segment *s = outlines->segments + nth;
            double norm = s->along_x * s->along_x + s->along_y * s->along_y;
            double ux = s->along_x / (norm > 0 ? norm : 1), uy = s->along_y / (norm > 0 ? norm : 1);
            double centre = sqrt(squared_from(s, ux, uy, nodes->centre_x, nodes->centre_y));
            if (centre > within + reach) continue;
            within = fmin(within, centre);
            for (int n = 0; n < NODES; n++) {
                double found = squared_from(s, ux, uy, nodes->x[n], nodes->y[n]);
                squared[n] = found < squared[n] ? found : squared[n];
            }
        }
    }
}

/* The least of g over a tile's nodes and the field of one more group. */
static void lower_field(const double *squared, double radius, const int32_t *owner, int32_t number, double *g) {
    for (int n = 0; n < NODES; n++) {
        double distance = sqrt(squared[n]);
        double s = owner[n] == number ? -(distance < radius ? distance : radius) : distance;
        double found = s * (s + 2 * radius);
        g[n] = found < g[n] ? found : g[n];
    }
}

static double highest(const double *values) {
    double most = values[0];
    for (int n = 1; n < NODES; n++) most = values[n] > most ? values[n] : most;
    return most;
}

static int is_around(const int32_t *owner, int32_t number) {
    for (int n = 0; n < NODES; n++)
        if (owner[n] == number) return 1;
    return 0;
}

/* The field of one tile. The nearest group comes first; of the others those that cannot be lower are passed over. */
static void field_of_tile(const Outlines *outlines, int64_t groups, const double *radius, const int64_t *number,
                          const int32_t *owner, const Nodes *nodes, double *g) {
    double squared[NODES], nearest = INFINITY;
    int64_t first = 0;
    for (int64_t group = 0; group < groups; group++) {
        double away = least_away(outlines, group, nodes);
        if (away < nearest) nearest = away, first = group;
    }
    for (int n = 0; n < NODES; n++) g[n] = INFINITY;
    squared_distances(outlines, first, nodes, squared);
    lower_field(squared, radius[first], owner, (int32_t)number[first], g);
    for (int64_t group = 0; group < groups; group++) {
        if (group == first) continue;
        double away = INFINITY;
        for (int64_t k = outlines->first_chunk[group]; k < outlines->first_chunk[group + 1]; k++)
            away = fmin(away, outlines->away[k]);
        double s = fmax(away - nodes->radius - ROUNDING, 0);
        if (s * (s + 2 * radius[group]) > highest(g) && !is_around(owner, (int32_t)number[group])) continue;
        squared_distances(outlines, group, nodes, squared);
        lower_field(squared, radius[group], owner, (int32_t)number[group], g);
    }
}

static void owners_of(const int32_t *owner, const Lattice *lattice, int64_t row, int64_t column, int32_t *found) {
    for (int64_t j = 0; j <= CELLS; j++)
        for (int64_t i = 0; i <= CELLS; i++)
            found[j * (CELLS + 1) + i] = owner[(row * CELLS + j) * lattice->node_columns + column * CELLS + i];
}

/* g (tiles, 25): the least over the groups of s (s + 2 R), s the signed distance, negative where `owner` has the group's
 * number. */
int64_t rt_plane_field(const double *edges, const int64_t *first_edge, int64_t groups, const double *radius,
                       const int64_t *number, const int32_t *owner, const Lattice *lattice, const int64_t *tiles,
                       int64_t count, double *g) {
    Outlines outlines = {NULL, NULL, NULL, NULL};
    int64_t tile_columns = (lattice->node_columns - 1) / CELLS, result = NO_MEMORY;
    if (cut_outlines(edges, first_edge, groups, CELLS * lattice->spacing, &outlines)) {
        for (int64_t k = 0; k < count; k++) {
            Nodes nodes;
            int32_t owners[NODES];
            nodes_of(lattice, tiles[k] / tile_columns, tiles[k] % tile_columns, &nodes);
            owners_of(owner, lattice, tiles[k] / tile_columns, tiles[k] % tile_columns, owners);
            field_of_tile(&outlines, groups, radius, number, owners, &nodes, g + NODES * k);
        }
        result = 0;
    }
    free_outlines(&outlines);
    return result;
}

/* Squared distances (tiles, 25) from all edges. */
int64_t rt_squared_distances(const double *edges, int64_t count_of_edges, const Lattice *lattice, const int64_t *tiles,
                             int64_t count, double *squared) {
    Outlines outlines = {NULL, NULL, NULL, NULL};
    int64_t first_edge[2] = {0, count_of_edges}, tile_columns = (lattice->node_columns - 1) / CELLS, result = NO_MEMORY;
    if (cut_outlines(edges, first_edge, 1, CELLS * lattice->spacing, &outlines)) {
        for (int64_t k = 0; k < count; k++) {
            Nodes nodes;
            nodes_of(lattice, tiles[k] / tile_columns, tiles[k] % tile_columns, &nodes);
            least_away(&outlines, 0, &nodes);
            squared_distances(&outlines, 0, &nodes, squared + NODES * k);
        }
        result = 0;
    }
    free_outlines(&outlines);
    return result;
}
