namespace Cairn.Solver.Explain;

/// <summary>The name of a step taken apart: <c>[stage 2/5] RUN make</c>.</summary>
/// <param name="Stage">Stage and platform as they stand in the brackets; empty if there are none.</param>
/// <param name="Index">Number within the stage; empty if there is none.</param>
/// <param name="Text">The rest.</param>
internal readonly record struct StepName(string Stage, string Index, string Text)
{
    public static StepName Parse(string name)
    {
        int end = name.StartsWith('[') ? name.IndexOf("] ", StringComparison.Ordinal) : -1;
        if (end < 0)
        {
            return new StepName("", "", name);
        }

        string inner = name[1..end], text = name[(end + 2)..];
        int space = inner.LastIndexOf(' ');
        string last = inner[(space + 1)..];
        int slash = last.IndexOf('/', StringComparison.Ordinal);
        bool isCount = slash > 0 && last.All(static c => char.IsAsciiDigit(c) || c == '/');
        return isCount ? new StepName(space < 0 ? "" : inner[..space], last[..slash], text) : new StepName(inner, "", text);
    }
}
