using System.Globalization;
using System.Text;
using Cairn.Solver.Progress;

namespace Cairn.Cli.Progress;

/// <summary>
/// A live picture at the bottom of the terminal: a header with the count of steps, a line for each step with its time, bars for transfers, and
/// the last lines of output of what is running. The picture is drawn again in place; the last one shows every step.
/// </summary>
internal sealed class TtyDisplay(TextWriter output, BuildView view, Func<(int Width, int Height)> size, DateTimeOffset began, bool color) : IBuildDisplay
{
    private const int LogLinesOfStep = 6;
    private const int BarWidth = 20;

    private static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(100);

    private int _drawn;   // lines of the last picture, all above the cursor
    private int _numbers;

    public TimeSpan Gather => Frame;

    public TimeSpan? Tick => Frame;

    public void Show(IReadOnlyList<BuildEvent> news, DateTimeOffset now)
    {
        Apply(news);
        (int width, int height) = size();
        Draw(Fit(Picture(now, width, live: true), height - 1), now, finished: false, width);
    }

    public void Finish(DateTimeOffset now)
    {
        (int width, _) = size();
        Draw(Picture(now, width, live: false), now, finished: true, width);
        output.Write("\e[?25h");
        output.Flush();
    }

    private void Apply(IReadOnlyList<BuildEvent> news)
    {
        foreach (BuildEvent one in news)
        {
            if (view.Apply(one) is { Number: 0, Started: not null } row)
            {
                row.Number = ++_numbers;
            }
        }
    }

    private List<PictureLine> Picture(DateTimeOffset now, int width, bool live)
    {
        List<PictureLine> lines = [];
        foreach (StepRow row in view.Rows.Where(r => r.Number > 0).OrderBy(r => r.Number))
        {
            string mark = row switch
            {
                { IsCanceled: true } => "CANCELED ",
                { Error: not null } => "ERROR ",
                { IsCached: true } => "CACHED ",
                _ => "",
            };
            string paint = row switch
            {
                { IsCanceled: true } => "33",
                { Error: not null } => "31",
                { IsCompleted: true } => "34",
                _ => "",
            };
            lines.Add(new PictureLine($" => {mark}{row.Name}", Seconds(row.Elapsed(now)), paint, row.IsCompleted));
            foreach (StepItem item in row.Items)
            {
                // Of a finished step only what took time or moved bytes is worth a line.
                if (!row.IsCompleted || item.Elapsed(now) >= Frame || item.Current > 0)
                {
                    lines.Add(new PictureLine(
                        $" => => {item.Text}{Bar(item)}{item.Bytes()}", Seconds(item.Elapsed(now)), item.Completed is null ? "" : "34", row.IsCompleted));
                }
            }

            if (live && row.IsRunning)
            {
                foreach (LogLine line in row.Log.Lines.Skip(Math.Max(0, row.Log.Lines.Count - LogLinesOfStep)))
                {
                    lines.Add(new PictureLine($" => => # {line}", "", "2", Done: false));
                }
            }
        }

        return lines;
    }

    // A picture that is higher than the terminal loses finished lines first, the oldest before the newer.
    private static List<PictureLine> Fit(List<PictureLine> lines, int height)
    {
        int surplus = lines.Count + 1 - Math.Max(height, 2);
        List<PictureLine> fitting = [];
        foreach (PictureLine line in lines)
        {
            if (surplus > 0 && line.Done)
            {
                surplus--;
            }
            else
            {
                fitting.Add(line);
            }
        }

        return surplus > 0 ? fitting.GetRange(surplus, fitting.Count - surplus) : fitting;
    }

    private void Draw(List<PictureLine> lines, DateTimeOffset now, bool finished, int width)
    {
        StepRow[] rows = [.. view.Rows];
        int completed = rows.Count(r => r.IsCompleted);
        int total = finished ? rows.Count(r => r.Started is not null) : rows.Length;
        string header = string.Create(CultureInfo.InvariantCulture, $"[+] Building {(now - began).TotalSeconds:0.0}s ({completed}/{total}){(finished ? " FINISHED" : "")}");

        StringBuilder frame = new("\e[?25l");
        if (_drawn > 0)
        {
            frame.Append(CultureInfo.InvariantCulture, $"\e[{_drawn}A");
        }

        frame.Append('\r').Append(header).Append("\e[K\n");
        foreach (PictureLine line in lines)
        {
            line.AppendTo(frame, width, color);
        }

        frame.Append("\e[J");
        _drawn = lines.Count + 1;
        output.Write(frame);
        output.Flush();
    }

    private static string Bar(StepItem item)
    {
        if (item.Total <= 0 || item.Completed is not null)
        {
            return "";
        }

        int full = (int)Math.Clamp(item.Current * BarWidth / item.Total, 0, BarWidth);
        string tip = full is > 0 and < BarWidth ? ">" : "";
        return $" [{new string('=', full - tip.Length)}{tip}{new string(' ', BarWidth - full)}]";
    }

    private static string Seconds(TimeSpan time) => $"{time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)}s";
}
