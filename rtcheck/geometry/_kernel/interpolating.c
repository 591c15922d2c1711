/* Planes -> the layers of the solid between them (twin of geometry/interpolated.py): which loops go on to the next plane,
 * which end in a cap, and what the field of each zone is made of. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"

#define AROUND 2 /* planes below and above a zone whose fields it may need */
#define MOST_LAYERS 1e6
#define EDGES_OF_NODE 1.4 /* along an outline, a node's spacing long */
#define MOST_ROOM (1 << 20)
enum { BELOW, ABOVE };
enum { ALL = 2, SINGLE }; /* fields of a level: of the loops matched below, above, of all, and of each by itself */

/* The loops of one depth in one plane. */
typedef struct {
    int64_t count, *loops; /* numbers among all loops of the plane */
    const Rows *rows;
    uint8_t *matched[2];  /* which of them overlap loops of the plane below, above */
    int64_t matches[2];
    Field **fields;
} Level;

typedef struct {
    int32_t *number; /* of each loop within its level */
    Level *levels;
    Rows *rows; /* of each level, and of what is inside */
    uint8_t *states;
} Plane;

typedef struct {
    const Drawn *drawn;
    const Lattice *lattice;
    const Layering *layering;
    Plane *planes;
    int64_t first, next, *tiles; /* the planes from `first` on are there, those from `next` on not yet */
    uint8_t *nothing;     /* the states of no plane */
    double *faces;
    int64_t *counts, room_of_faces;
    Forms forms;
    Sheet sheet;
} Stack;

/* A range of z between two planes; one of them is NONE beyond an end of the stack. */
typedef struct {
    int64_t low, high;
    double z_low, z_high;
} Range;

static const int64_t *starts_of(const Drawn *drawn, int64_t k) { return drawn->starts + drawn->first_loop[k]; }
static int64_t loops_of(const Drawn *drawn, int64_t k) { return drawn->first_loop[k + 1] - drawn->first_loop[k]; }

static int is_joined(const Drawn *drawn, int64_t k, int64_t other) {
    int64_t below = least(k, other);
    return below >= 0 && below < drawn->planes - 1 && drawn->is_bridged[below];
}

/* Which loops of a level go on, and how. */

/* Whether a loop overlaps any of others of a level, which are `wanted`; by their points. */
static int64_t overlaps_any(const Drawn *drawn, int64_t k, int64_t loop, int64_t other, const Level *others,
                            const uint8_t *unwanted, uint8_t *overlaps) {
    const int64_t *own = starts_of(drawn, k) + loop, *its = starts_of(drawn, other);
    int64_t count = 0, points = 0, wanted = 0, bounds[2] = {0, own[1] - own[0]};
    for (int64_t j = 0; j < others->count; j++)
        if (!unwanted[j]) points += its[others->loops[j] + 1] - its[others->loops[j]];
    double *xy = malloc((size_t)(points + bounds[1]) * 2 * sizeof *xy);
    int64_t *starts = malloc((size_t)(others->count + 1) * sizeof *starts), result = NO_MEMORY;
    if (xy && starts) {
        double *mine = xy + 2 * points;
        for (int64_t j = 0; j < others->count; j++) {
            if (unwanted[j]) continue;
            starts[wanted++] = count;
            for (int64_t n = its[others->loops[j]]; n < its[others->loops[j] + 1]; n++, count++)
                memcpy(xy + 2 * count, drawn->edges + 4 * n, 2 * sizeof *xy);
        }
        starts[wanted] = count;
        for (int64_t n = 0; n < bounds[1]; n++) memcpy(mine + 2 * n, drawn->edges + 4 * (own[0] + n), 2 * sizeof *xy);
        result = rt_overlapping(1, mine, bounds, wanted, xy, starts, overlaps);
    }
    free(xy), free(starts);
    return result;
}

/* Loops that share no node with any loop of the other plane: those too thin to have nodes are looked at by themselves. */
static int64_t match_thin(const Drawn *drawn, int64_t k, Level *level, int side, int64_t other, const Level *others) {
    uint8_t *have_nodes = calloc((size_t)level->count + 1, 1), *others_have = calloc((size_t)others->count + 1, 1);
    uint8_t *are_unwanted = calloc((size_t)others->count + 1, 1);
    int64_t result = have_nodes && others_have && are_unwanted ? 0 : NO_MEMORY;
    for (int64_t n = 0; !result && n < level->rows->count; n++) have_nodes[level->rows->spans[n].loop] = 1;
    for (int64_t n = 0; !result && n < others->rows->count; n++) others_have[others->rows->spans[n].loop] = 1;
    for (int64_t j = 0; !result && j < level->count; j++)
        if (!level->matched[side][j])
            result = overlaps_any(drawn, k, level->loops[j], other, others, have_nodes[j] ? others_have : are_unwanted,
                                  level->matched[side] + j);
    free(have_nodes), free(others_have), free(are_unwanted);
    return result;
}

static int64_t count_marked(const uint8_t *marked, int64_t n) {
    int64_t count = 0;
    for (int64_t k = 0; k < n; k++) count += marked[k];
    return count;
}

/* The loops of planes `k` and `k + 1` that overlap. */
static int64_t match(Stack *stack, int64_t k) {
    for (int64_t depth = 0; depth < stack->drawn->depths; depth++) {
        Level *level = stack->planes[k].levels + depth, *next = stack->planes[k + 1].levels + depth;
        int64_t result = 0;
        rt_shared(level->rows, next->rows, stack->lattice, level->matched[ABOVE], next->matched[BELOW]);
        if (count_marked(level->matched[ABOVE], level->count) < level->count)
            result = match_thin(stack->drawn, k, level, ABOVE, k + 1, next);
        if (!result && count_marked(next->matched[BELOW], next->count) < next->count)
            result = match_thin(stack->drawn, k + 1, next, BELOW, k, level);
        if (result) return result;
        level->matches[ABOVE] = count_marked(level->matched[ABOVE], level->count);
        next->matches[BELOW] = count_marked(next->matched[BELOW], next->count);
    }
    return 0;
}

/* Planes. */

static void free_plane(Stack *stack, int64_t k) {
    Plane *plane = stack->planes + k;
    for (int64_t depth = 0; plane->levels && depth < stack->drawn->depths; depth++) {
        Level *level = plane->levels + depth;
        for (int64_t n = 0; level->fields && n < SINGLE + level->count; n++) rt_free_field(level->fields[n]);
        free(level->loops), free(level->matched[BELOW]), free(level->matched[ABOVE]), free(level->fields);
    }
    for (int64_t depth = 0; plane->rows && depth <= stack->drawn->depths; depth++) rt_free_rows(plane->rows + depth);
    free(plane->number), free(plane->levels), free(plane->rows), free(plane->states);
    *plane = (Plane){0};
}

static int64_t make_level(Level *level, const int32_t *depths, int64_t loops, int32_t depth, int32_t *number, const Rows *rows) {
    level->rows = rows;
    level->loops = malloc((size_t)(loops + 1) * sizeof *level->loops);
    if (!level->loops) return NO_MEMORY;
    for (int64_t loop = 0; loop < loops; loop++)
        if (depths[loop] == depth) number[loop] = (int32_t)level->count, level->loops[level->count++] = loop;
    for (int side = BELOW; side <= ABOVE; side++) level->matched[side] = calloc((size_t)level->count + 1, 1);
    level->fields = calloc((size_t)(SINGLE + level->count), sizeof *level->fields);
    return level->matched[BELOW] && level->matched[ABOVE] && level->fields ? 0 : NO_MEMORY;
}

static int64_t make_plane(Stack *stack, int64_t k) {
    const Drawn *drawn = stack->drawn;
    const int64_t *starts = starts_of(drawn, k);
    const int32_t *depths = drawn->depth + drawn->first_loop[k];
    int64_t loops = loops_of(drawn, k), result = 0;
    Plane *plane = stack->planes + k;
    plane->number = malloc((size_t)(loops + 1) * sizeof *plane->number);
    plane->levels = calloc((size_t)drawn->depths, sizeof *plane->levels);
    plane->rows = calloc((size_t)drawn->depths + 1, sizeof *plane->rows);
    plane->states = malloc((size_t)rt_tiles(stack->lattice));
    if (!plane->number || !plane->levels || !plane->rows || !plane->states) return NO_MEMORY;
    for (int64_t depth = 0; !result && depth < drawn->depths; depth++)
        result = make_level(plane->levels + depth, depths, loops, (int32_t)depth, plane->number, plane->rows + depth);
    if (!result)
        result = rt_spans(drawn->edges, starts, loops, depths, plane->number, drawn->depths, stack->lattice, plane->rows);
    if (result) return result;
    rt_states(plane->rows + drawn->depths, drawn->edges + 4 * starts[0], starts[loops] - starts[0], stack->lattice,
              plane->states);
    return is_joined(drawn, k - 1, k) ? match(stack, k - 1) : 0;
}

/* Makes the planes up to the last that a zone needs, and forgets those that no other will. */
static int64_t turn_to(Stack *stack, const Range *range) {
    int64_t low = range->low == NONE ? range->high : range->low, high = range->high == NONE ? range->low : range->high;
    for (; stack->first < low - AROUND; stack->first++) free_plane(stack, stack->first);
    for (; stack->next <= least(high + AROUND, stack->drawn->planes - 1); stack->next++) {
        int64_t result = make_plane(stack, stack->next);
        if (result) return result;
    }
    return 0;
}

static const Rows *inside_of(const Stack *stack, int64_t k) {
    return k == NONE ? NULL : stack->planes[k].rows + stack->drawn->depths;
}

/* Forms. */

/* The field of some loops of a level, by the place of its kind among the level's. */
static Field *field_of(Stack *stack, int64_t k, int64_t depth, int64_t place) {
    Level *level = stack->planes[k].levels + depth;
    if (level->count == 1 || (place < ALL && level->matches[place] == level->count)) place = ALL;
    if (level->fields[place]) return level->fields[place];
    int64_t *chosen = malloc((size_t)level->count * sizeof *chosen), count = 0;
    if (!chosen) return NULL;
    for (int64_t j = 0; j < level->count; j++)
        if (place == ALL || place == SINGLE + j || (place < ALL && level->matched[place][j])) chosen[count++] = level->loops[j];
    const Drawn *drawn = stack->drawn;
    level->fields[place] = rt_field(drawn->edges, starts_of(drawn, k), chosen, count, drawn->radius + drawn->first_loop[k],
                                    stack->planes[k].number, level->rows, stack->lattice);
    free(chosen);
    return level->fields[place];
}

/* Puts the field of plane `k` into a form. */
static int64_t put(Stack *stack, Form *form, int at, int64_t k, int64_t place) {
    form->z[at] = stack->drawn->z[k];
    form->fields[at] = field_of(stack, k, form->depth, place);
    return form->fields[at] ? 0 : NO_MEMORY;
}

/* The same of all loops next to plane `k`, where there are any and the gap is bridged. */
static int64_t put_neighbour(Stack *stack, Form *form, int at, int64_t k, int64_t step) {
    if (!is_joined(stack->drawn, k, k + step) || !stack->planes[k + step].levels[form->depth].count) return 0;
    return put(stack, form, at, k + step, ALL);
}

static Form *add_form(Forms *forms, int kind, int64_t depth) {
    if (forms->count == forms->room) {
        int64_t room = 2 * forms->room + 8;
        Form *more = realloc(forms->forms, (size_t)room * sizeof *more);
        if (!more) return NULL;
        forms->forms = more, forms->room = room;
    }
    Form *form = forms->forms + forms->count++;
    *form = (Form){0};
    form->kind = kind, form->depth = depth;
    return form;
}

/* Caps, up to z `reach`, on the loops of plane `end` that do not go on to the next plane, BELOW or ABOVE. */
static int64_t add_caps(Stack *stack, int64_t depth, int64_t end, int side, double reach) {
    const Level *level = stack->planes[end].levels + depth;
    int64_t inward = side == ABOVE ? -1 : 1, result = 0;
    for (int64_t j = 0; level->matches[side] < level->count && !result && j < level->count; j++) {
        if (level->matched[side][j]) continue;
        Form *form = add_form(&stack->forms, BEYOND, depth);
        if (!form) return NO_MEMORY;
        form->reach = reach;
        result = put(stack, form, 0, end, SINGLE + j);
        if (!level->matched[!side][j]) continue;
        if (!result) result = put_neighbour(stack, form, 1, end, inward);
        if (!result) result = put_neighbour(stack, form, 2, end + inward, inward);
    }
    return result;
}

/* What the fields of a zone are made of, depth by depth. */
static int64_t make_forms(Stack *stack, const Range *range) {
    int64_t low = range->low, high = range->high, result = 0;
    double middle = (range->z_low + range->z_high) / 2;
    stack->forms.count = 0;
    for (int64_t depth = 0; !result && depth < stack->drawn->depths; depth++) {
        if (low != NONE && high != NONE && stack->planes[low].levels[depth].matches[ABOVE] &&
            stack->planes[high].levels[depth].matches[BELOW]) {
            Form *form = add_form(&stack->forms, BETWEEN, depth);
            if (!form) return NO_MEMORY;
            result = put_neighbour(stack, form, 0, low, -1);
            if (!result) result = put(stack, form, 1, low, ABOVE);
            if (!result) result = put(stack, form, 2, high, BELOW);
            if (!result) result = put_neighbour(stack, form, 3, high, 1);
        }
        if (!result && low != NONE) result = add_caps(stack, depth, low, ABOVE, high != NONE ? middle : range->z_high);
        if (!result && high != NONE) result = add_caps(stack, depth, high, BELOW, low != NONE ? middle : range->z_low);
    }
    return result;
}

/* Zones. */

static int64_t boundary_tiles(Stack *stack, const Range *range) {
    const uint8_t *low = range->low == NONE ? stack->nothing : stack->planes[range->low].states;
    const uint8_t *high = range->high == NONE ? stack->nothing : stack->planes[range->high].states;
    return rt_boundary_tiles(low, high, rt_tiles(stack->lattice), stack->tiles);
}

static Zone zone_of(const Stack *stack, const Range *range, const double *faces, int64_t layers) {
    const Rows *low = inside_of(stack, range->low), *high = inside_of(stack, range->high);
    return (Zone){stack->lattice, &stack->forms, faces, layers, stack->layering->level, low, high};
}

/* An end range, or the range twice as far out where the surface closes within it. */
static int64_t close_end(Stack *stack, Range *range) {
    Range twice = *range;
    double thickness = range->z_high - range->z_low, lowest;
    if (range->low == NONE) twice.z_low -= thickness;
    else twice.z_high += thickness;
    double tip = range->low == NONE ? twice.z_low : twice.z_high, faces[2] = {tip, tip};
    int64_t result = make_forms(stack, &twice), tiles = boundary_tiles(stack, range);
    Zone zone = zone_of(stack, &twice, faces, 1);
    if (!result) result = rt_lowest(&stack->sheet, &zone, stack->tiles, tiles, &lowest);
    if (!result && !(lowest < -stack->layering->leftover)) *range = twice;
    return result;
}

/* Whether the surface between two planes is steep: what lies inside on one of them only, spread along the outline, is
 * narrow. */
static int is_steep(const Stack *stack, const Range *range) {
    if (range->low == NONE || range->high == NONE) return 0;
    const Rows *low = inside_of(stack, range->low), *high = inside_of(stack, range->high);
    double length = (stack->drawn->length[range->low] + stack->drawn->length[range->high]) / 2, h = stack->lattice->spacing;
    int64_t moved = rt_count_nodes(low) + rt_count_nodes(high) - 2 * rt_shared(low, high, stack->lattice, NULL, NULL);
    return (double)moved * (h * h) <= stack->layering->steep * (range->z_high - range->z_low) * length;
}

/* z from the lowest face of a range to the highest; an even number of layers. How many, or NO_MEMORY. */
static int64_t make_faces(Stack *stack, const Range *range) {
    const Layering *layering = stack->layering;
    double thickness = range->z_high - range->z_low, layer = layering->layer;
    if (layering->steep > 0 && is_steep(stack, range)) layer *= 2;
    double pairs = ceil(thickness / layer / 2 - 1e-6);
    if (!(pairs < MOST_LAYERS)) return NO_MEMORY;
    int64_t layers = 2 * (pairs < 1 ? 1 : (int64_t)pairs);
    if (layers >= stack->room_of_faces) {
        free(stack->faces), free(stack->counts);
        stack->faces = malloc((size_t)(layers + 1) * sizeof *stack->faces);
        stack->counts = malloc((size_t)(layers + 1) * sizeof *stack->counts);
        if (!stack->faces || !stack->counts) return NO_MEMORY;
        stack->room_of_faces = layers + 1;
    }
    for (int64_t k = 0; k < layers; k++) stack->faces[k] = range->z_low + (double)k * (thickness / (double)layers);
    stack->faces[layers] = range->z_high;
    return layers;
}

static int64_t add_layers(Stack *stack, int64_t layers, LayerTable *made) {
    if (made->count + layers > made->room) {
        int64_t room = 2 * made->room + layers + 64;
        double *more = realloc(made->layers, (size_t)room * 3 * sizeof *more);
        if (!more) return NO_MEMORY;
        made->layers = more, made->room = room;
    }
    for (int64_t k = 0; k < layers; k++) {
        double *layer = made->layers + 3 * made->count++;
        layer[0] = stack->faces[k], layer[1] = stack->faces[k + 1], layer[2] = (double)stack->counts[k];
    }
    return 0;
}

/* The layers of one range of z. */
static int64_t fill_range(Stack *stack, Range range, Edges *edges, LayerTable *layers) {
    int64_t last = stack->drawn->planes - 1, result;
    if (!(range.z_high > range.z_low)) return 0;
    if ((result = turn_to(stack, &range))) return result;
    int is_end = (range.low == NONE && range.high == 0) || (range.low == last && range.high == NONE);
    if (is_end && stack->layering->closes && (result = close_end(stack, &range))) return result;
    int64_t count = make_faces(stack, &range);
    if (count < 0) return count;
    if ((result = make_forms(stack, &range))) return result;
    int64_t tiles = boundary_tiles(stack, &range);
    Zone zone = zone_of(stack, &range, stack->faces, count);
    result = rt_zone(&stack->sheet, &zone, stack->tiles, tiles, edges, stack->counts);
    return result ? result : add_layers(stack, count, layers);
}

/* Room for about as many edges as there will be: they need not be moved then. */
static Edges room_for_edges(const Drawn *drawn, const Layering *layering, const Lattice *lattice) {
    double edges = 4096;
    for (int64_t k = 0; k < drawn->planes; k++)
        edges += EDGES_OF_NODE * drawn->length[k] / lattice->spacing * (drawn->high[k] - drawn->low[k]) / layering->layer;
    int64_t room = edges < MOST_ROOM ? (int64_t)edges : MOST_ROOM;
    return (Edges){malloc((size_t)room * 4 * sizeof(double)), 0, room, 1};
}

/* The layers of all zones, from the lowest up, to be freed by the caller like their edges: an end cap, the gaps between
 * planes, half a slice on both sides of a missing one. 0, or OFF_LATTICE where a surface runs off the lattice. */
int64_t rt_interpolated(const Drawn *drawn, const Layering *layering, const Lattice *lattice, double **edges_made,
                        int64_t *edges_count, LayerTable *layers) {
    size_t tiles = (size_t)rt_tiles(lattice);
    Stack stack = {.drawn = drawn, .lattice = lattice, .layering = layering};
    Edges edges = room_for_edges(drawn, layering, lattice);
    stack.planes = calloc((size_t)drawn->planes + 1, sizeof *stack.planes);
    stack.tiles = malloc(tiles * sizeof *stack.tiles), stack.nothing = calloc(tiles, 1);
    int64_t result = edges.edges && stack.planes && stack.tiles && stack.nothing ? 0 : NO_MEMORY, last = drawn->planes - 1;
    if (!result) result = rt_open_sheet(&stack.sheet, lattice);
    for (int64_t k = 0; !result && k <= last; k++) {
        int goes_on = k < last && drawn->is_bridged[k];
        if (k == 0 || !drawn->is_bridged[k - 1])
            result = fill_range(&stack, (Range){NONE, k, drawn->low[k], drawn->z[k]}, &edges, layers);
        if (result) break;
        Range range = {k, goes_on ? k + 1 : NONE, drawn->z[k], goes_on ? drawn->z[k + 1] : drawn->high[k]};
        result = fill_range(&stack, range, &edges, layers);
    }
    for (int64_t k = 0; stack.planes && k <= last; k++) free_plane(&stack, k);
    free(stack.planes), free(stack.tiles), free(stack.nothing), free(stack.faces), free(stack.counts), free(stack.forms.forms);
    rt_close_sheet(&stack.sheet);
    double *fitting = result ? NULL : realloc(edges.edges, (size_t)(4 * edges.count + 1) * sizeof *fitting);
    if (result) free(edges.edges);
    *edges_made = fitting ? fitting : result ? NULL : edges.edges, *edges_count = edges.count;
    return result;
}
