namespace Cairn.Solver.Execution;

/// <summary>The runtimes that are looked for.</summary>
internal static class RuntimeNames
{
    /// <summary>The faster one.</summary>
    public const string Crun = "crun";

    /// <summary>The reference one.</summary>
    public const string Runc = "runc";
}
