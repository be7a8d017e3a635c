namespace Cairn.Tests.Harness;

/// <summary>How a child process is started.</summary>
internal sealed record ChildOptions
{
    /// <summary>Failpoints, as in CAIRN_FAIL. The command <c>fail</c> sets them later, when the store is open.</summary>
    public string? Fail { get; init; }

    /// <summary>System calls to record, with commas, such as "openat,flock,getdents64"; null records nothing.</summary>
    public string? Trace { get; init; }

    /// <summary>A program, with its arguments, that runs the child, such as "unshare", "-Ur".</summary>
    public IReadOnlyList<string> Under { get; init; } = [];

    /// <summary>More environment variables.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}
