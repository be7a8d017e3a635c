using Cairn.Solver.Scheduling;

namespace Cairn.Solver.Tests.Scheduling;

/// <summary>The clients that the work of each vertex may ask, as the world outside the graph keeps them.</summary>
internal sealed class SimulatedClients
{
    private readonly Dictionary<SimulatedVertex, Group> _groups = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<(JobId Job, Llb.Digest Vertex), SimulatedVertex> _nodes = [];

    public int Count => _groups.Count;

    /// <summary>The vertex of the graph that a job's vertex has become.</summary>
    public SimulatedVertex? NodeOf(JobId job, SimulatedVertex vertex) => _nodes.GetValueOrDefault((job, vertex.Digest));

    /// <summary>Whose client is asked first; null if there is none.</summary>
    public JobId? FirstOf(SimulatedVertex node) => _groups.TryGetValue(node, out Group? group) ? group.Clients().Cast<JobId?>().FirstOrDefault() : null;

    /// <summary>The vertex and those that live on its work.</summary>
    public IEnumerable<SimulatedVertex> LivingOn(SimulatedVertex leader) =>
        _groups.TryGetValue(leader, out Group? group) ? group.Followers.Select(static follower => follower.Vertex).Prepend(leader) : [leader];

    /// <returns>What is wrong with the command; null if nothing is.</returns>
    public string? Carry(Command command)
    {
        switch (command)
        {
            case Joined joined:
                var node = (SimulatedVertex)joined.Vertex;
                _nodes[(joined.Job, node.Digest)] = node;
                if (!_groups.TryGetValue(node, out Group? group))
                {
                    _groups.Add(node, group = new Group(node));
                }

                return group.Members.TryAdd(joined.Job, false) ? null : "a job joins twice";
            case Left left:
                _nodes.Remove((left.Job, ((SimulatedVertex)left.Vertex).Digest));
                return Of(left.Vertex).Members.Remove(left.Job) ? null : "a job leaves that had not joined";
            case Barred barred:
                return Of(barred.Vertex).Members.ContainsKey(barred.Job) ? Set(barred.Vertex, barred.Job, true) : "a job is barred that had not joined";
            case Readmitted readmitted:
                return _groups.ContainsKey((SimulatedVertex)readmitted.Vertex) ? Set(readmitted.Vertex, readmitted.Job, false) : null;
            case Followed followed:
                return Follow(Of(followed.Follower), Of(followed.Leader));
            case Unfollowed unfollowed:
                return Unfollow(Of(unfollowed.Follower), Of(unfollowed.Leader));
            case Forgotten forgotten:
                Group gone = Of(forgotten.Vertex);
                gone.IsForgotten = true;
                RemoveUnused(gone);
                return gone.Members.Count > 0 || gone.Leader is not null ? $"{gone.Vertex} is forgotten but in use" : null;
            default:
                return null;
        }
    }

    private static string? Follow(Group follower, Group leader)
    {
        if (follower.Leader is not null || follower == leader)
        {
            return $"{follower.Vertex} follows twice, or itself";
        }

        if (follower.Vertex.IgnoresCache && !leader.Vertex.IgnoresCache)
        {
            return $"{follower.Vertex} ignores the cache and lives on {leader.Vertex}, which does not";
        }

        follower.Leader = leader;
        leader.Followers.Add(follower);
        return null;
    }

    private string? Unfollow(Group follower, Group leader)
    {
        if (follower.Leader != leader)
        {
            return $"{follower.Vertex} does not follow {leader.Vertex}";
        }

        follower.Leader = null;
        leader.Followers.Remove(follower);
        RemoveUnused(leader);
        return null;
    }

    // A vertex that is forgotten may still lead while its work ends.
    private void RemoveUnused(Group group)
    {
        if (group.IsForgotten && group.Followers.Count == 0)
        {
            _groups.Remove(group.Vertex);
        }
    }

    private string? Set(object vertex, JobId job, bool isBarred)
    {
        Group group = Of(vertex);
        if (group.Members.ContainsKey(job))
        {
            group.Members[job] = isBarred;
        }

        return null;
    }

    private Group Of(object vertex) => _groups.GetValueOrDefault((SimulatedVertex)vertex) ?? new Group((SimulatedVertex)vertex);

    private sealed class Group(SimulatedVertex vertex)
    {
        public SimulatedVertex Vertex { get; } = vertex;

        // Whether each is barred.
        public OrderedDictionary<JobId, bool> Members { get; } = [];

        public List<Group> Followers { get; } = [];

        public Group? Leader { get; set; }

        public bool IsForgotten { get; set; }

        public List<JobId> Clients()
        {
            List<JobId> clients = [.. Members.Where(static member => !member.Value).Select(static member => member.Key)];
            clients.AddRange(Followers.SelectMany(static follower => follower.Clients()));
            return clients.Count > 0 ? clients : [.. Members.Keys];
        }
    }
}
