using Cairn.Llb.Graphs;
using Definition = Cairn.Protos.Pb.Definition;

namespace Cairn.Solver.Jobs;

/// <summary>Keeps records of one build's vertices, for history and explanations.</summary>
internal interface IVertexRecorder
{
    /// <summary>
    /// Told once for each decision about a vertex that the build holds; a vertex may be told of several times (each output that was found, a
    /// failure and a later success). What other builds decided before this one came is told when it comes.
    /// </summary>
    /// <remarks>Called on the scheduler's loop: it takes a note and returns. It must not wait, read files, or throw.</remarks>
    void Record(VertexOutcome outcome);

    /// <summary>Told of each definition that the build loads, by the caller of the load.</summary>
    void Loaded(Definition definition, LlbGraph graph);
}
