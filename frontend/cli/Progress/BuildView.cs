using Cairn.Llb;
using Cairn.Solver.Progress;

namespace Cairn.Cli.Progress;

/// <summary>What is known of a build so far, as rows to show: one for each vertex, or one for the vertices of a group.</summary>
internal sealed class BuildView
{
    private readonly Dictionary<Digest, StepRow> _byVertex = [];
    private readonly Dictionary<string, StepRow> _byGroup = new(StringComparer.Ordinal);
    private readonly List<StepRow> _rows = [];
    private readonly List<BuildWarning> _warnings = [];
    private readonly HashSet<string> _warned = new(StringComparer.Ordinal);

    /// <summary>In the order in which they were announced.</summary>
    public IReadOnlyList<StepRow> Rows => _rows;

    /// <summary>Each once.</summary>
    public IReadOnlyList<BuildWarning> Warnings => _warnings;

    /// <summary>The row of a vertex, if it was announced.</summary>
    public StepRow? Find(Digest vertex) => _byVertex.GetValueOrDefault(vertex);

    /// <summary>Takes one piece of news.</summary>
    /// <returns>The row that changed; null if it belongs to none.</returns>
    public StepRow? Apply(BuildEvent news)
    {
        switch (news)
        {
            case VertexEvent vertex:
                StepRow row = RowFor(vertex);
                row.Apply(vertex);
                return row;
            case StatusEvent status when Find(status.Vertex) is { } of:
                of.Apply(status);
                return of;
            case LogEvent log when Find(log.Vertex) is { } of:
                of.Apply(log);
                return of;
            case WarningEvent warning:
                if (_warned.Add($"{warning.Warning.Short}\n{warning.Warning.Url}"))
                {
                    _warnings.Add(warning.Warning);
                }

                return null;
            default:
                return null;   // of a vertex that was never announced: there is no line to show it on
        }
    }

    private StepRow RowFor(VertexEvent vertex)
    {
        if (_byVertex.TryGetValue(vertex.Vertex, out StepRow? row))
        {
            return row;
        }

        if (vertex.Group is not { } group)
        {
            row = new StepRow();
            _rows.Add(row);
        }
        else if (!_byGroup.TryGetValue(group.Id, out row))
        {
            row = new StepRow();
            _byGroup.Add(group.Id, row);
            _rows.Add(row);
        }

        _byVertex.Add(vertex.Vertex, row);
        return row;
    }
}
