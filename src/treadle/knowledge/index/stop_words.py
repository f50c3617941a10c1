"""Words that tell nothing of what a text is about: English and Chinese function words, and figures of one digit."""

_ENGLISH = """
a able about above across after afterwards again against ago all almost alone along already also although always am
among amongst an and another any anybody anyhow anyone anything anyway anywhere are aren around as at away back be
became because become becomes been before beforehand behind being below beside besides between beyond both but by came
can cannot cant come comes could couldn did didn do does doesn doing don done down due during each either else
elsewhere enough etc even ever every everybody everyone everything everywhere except few for from further get gets
getting give given gives go goes going gone got had hadn has hasn have haven having he hence her here hers herself him
himself his how however if in indeed instead into is isn it its itself just keep kept knew know known last later least
less let lets like likely ll made make makes many may maybe me meanwhile might mine more moreover most mostly much must
my myself namely near need needn neither never nevertheless next no nobody none nor not nothing now nowhere of off often
oh on once one ones only onto or other others otherwise ought our ours ourselves out over own per perhaps please put
quite rather re really regarding said same saw say says see seem seemed seems seen several shall she should shouldn
since so some somebody somehow someone something sometimes somewhere still such take taken than that the their theirs
them themselves then thence there thereby therefore these they thing things this those though through throughout thru
thus to together too toward towards two under unless until up upon us use used uses using usually ve very via want
wants was wasn way we well went were weren what whatever when whence whenever where whereas whereby wherever whether
which while whither who whoever whole whom whose why will with within without won would wouldn yes yet you your yours
yourself yourselves
"""

_CHINESE = """
一 一个 一些 一下 一切 一旦 一样 一直 一般 一边 一面 上 下 不 不仅 不会 不但 不可 不同 不如 不得 不是 不然 不管
不能 不要 不过 与 与其 且 个 中 为 为了 为什么 为何 主要 之 之一 之前 之后 之间 也 也许 了 于 于是 些 什么
什么样 今 今后 仅 仍 仍然 从 从而 他 他们 以 以上 以下 以便 以免 以前 以后 以及 以外 任 任何 会 但 但是 何 何时
使 使得 依 依照 便 倘若 借 假如 做 像 儿 先 其 其中 其他 其它 其实 其次 具体 具有 再 再次 再者 冒 况且 几 几乎
凡 凡是 出 出来 分别 则 别 别人 到 到底 前 前后 前者 办 即 即使 却 去 又 及 及其 及时 反之 另 另一方面 另外 只
只是 只有 只要 只能 可 可以 可是 可能 各 各个 各种 各自 同 同时 后 后来 后者 向 吗 否则 吧 吱 呀 呃 呐 呢 呵
呵呵 呸 和 咋 咚 咦 咱 咱们 哈 哈哈 哎 哎呀 哎哟 哟 哦 哩 哪 哪个 哪些 哪儿 哪怕 哪样 哪边 哪里 哼 唉 啊 啥 啦
喂 嗡 嗯 嘎 嘛 嘿 因 因为 因此 因而 在 在于 地 多 多么 多少 大 大家 她 她们 好 好的 如 如上 如下 如何 如同 如果
如此 它 它们 宁 宁可 对 对于 将 将要 尔 尔后 尚且 就 就是 就算 尽 尽管 岂 己 已 已经 帮 并 并且 并非 应 应当
应该 开始 归 当 当然 当时 当着 彼 往 往往 很 得 得到 必 必须 怎 怎么 怎么办 怎么样 怎样 总 总之 总是 总的来说
您 您们 惟有 慢说 我 我们 或 或是 或者 所 所以 所有 才 才能 打 把 按 按照 据 据此 接着 故 故此 旁人 无 无论 既
既然 既是 时 时候 是 是否 是的 曾 曾经 替 最 最后 有 有些 有关 有时 有的 望 朝 本 本着 来 来自 来说 某 某个
某些 根据 此 此外 此时 每 每个 每当 比 比如 比方 没 没有 沿 沿着 洗 漫说 然 然则 然后 然而 照 照着 犹且 现在
甚么 甚至 用 用来 由 由于 由此 的 的话 的时候 相对 省得 看 着 着呢 矣 离 第 等 等等 管 紧接着 纵 纵令 纵使 经
经过 结果 给 继续 综上所述 罢了 者 而 而且 而况 而外 而已 而是 能 能够 能否 腾 自 自个儿 自从 自各儿 自己 自身
至 至于 若 若是 若非 莫若 虽 虽则 虽然 虽说 被 要 要不 要不是 要不然 要么 要是 譬如 让 许多 论 设使 请 诸位 谁
谁知 该 越 趁 趁着 距 较 较之 边 过 还 还是 还有 这 这个 这么 这么些 这么样 这些 这会儿 这儿 这就是说 这时 这样
这种 这边 这里 进而 连 连同 通过 遵照 那 那个 那么 那么些 那么样 那些 那会儿 那儿 那时 那样 那边 那里 都 鄙人
鉴于 问 阿 除 除了 除外 除此之外 除非 随 随着 难道 难道说 零 非 非但 非徒 靠 顺 顺着 首先
"""

STOP_WORDS = frozenset([*_ENGLISH.split(), *_CHINESE.split(), *"0123456789"])
"""Lower-case; whether a word is one is asked without regard to case."""
