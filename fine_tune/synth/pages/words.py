"""Words that pages are filled with, beside those of tables: everyday words, names, places, and letters to make up more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fine_tune.synth.words import Language

TONES: Final = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")  # level, grave, acute, tilde, hook, dot below
VIETNAMESE_VOWELS: Final = "aăâeêioôơuưy"
ONSETS: Final = "b c ch d đ g gh gi h k kh l m n ng nh p ph qu r s t th tr v x".split()
ENDINGS: Final = ("", "", "", "c", "ch", "m", "n", "ng", "nh", "p", "t", "i", "o", "u")
# KS X 1001, rows 16 to 40: the 2,350 syllables of Hangul that it has
SYLLABLES: Final = "".join(bytes([row, cell]).decode("euc_kr") for row in range(0xB0, 0xC9) for cell in range(0xA1, 0xFF))


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words of a language; those of a list are separated by spaces, or by bars where they hold spaces.

    Attributes:
        words: Everyday words, to make sentences of.
        given: Given names; in Korea and Vietnam they stand behind the family name.
        titles: What documents are about.
        salutations: How letters begin, `{}` being a name.
        products: What is sold.
        headings: What sections are called.
    """

    words: str
    given: str
    family: str
    places: str
    streets: str
    companies: str
    titles: str
    salutations: str
    closings: str
    products: str
    headings: str
    figure: str
    continued: str

    def all(self, name: str) -> list[str]:
        """Return the list of that name."""
        whole: str = getattr(self, name)
        return [part.strip() for part in whole.split("|")] if "|" in whole else whole.split()


_ENGLISH = Lexicon(
    words=(
        "about above account across action active address advice after again against agreement almost already although amount "
        "annual answer appear apply area around article attached authority available average balance because become before "
        "began behind benefit better between board body branch brief bring budget building business called capital careful "
        "carried case cause central certain change charge choice city claim class clear client close committee common company "
        "complete concern condition consider contact contain contract control copy cost council country course cover current "
        "customer daily date decision deliver demand department describe design detail develop different direct discuss document "
        "during each early effect either employee energy enough ensure equal estimate even evening event every evidence example "
        "except exchange expect expense explain express extra face fact family farm fast field figure final find first follow "
        "foreign form former forward found free freight from full further future garden general give glass gold good goods "
        "government grand great green ground group grow guarantee half happen harbour heavy held help high history hold home "
        "hospital hour house however human idea image important improve include income increase indeed industry inform inquiry "
        "inside instead insurance interest into invite invoice island issue item join joint journey judge jury just keep kind "
        "kitchen know labour lake large late later law lead learn least leave left legal less letter level library light likely "
        "limit line liquid list little live local long loss low machine made main make manage many margin mark market material "
        "matter maximum measure meet member message method might minute model money month more most motion move much museum "
        "music "
        "must name nation nature near need network never new next night none normal north note notice nothing number object "
        "observe obtain occur offer office official often only open opinion order organise original other outside over owner "
        "package page paid panel paper part party pass payment people percent perhaps period person phone picture piece place "
        "plan plant please point police policy port possible post power practice prepare present press price private problem "
        "process produce product profit project proper property propose protect provide public purchase purpose quality quarter "
        "question quick quiet quite rail range rate rather reach read ready real reason receive recent record reduce refer "
        "region "
        "regular reject relate release remain report request require research reserve result return review right river road "
        "room rule safe sale same sample schedule school science season second section sector secure select sense separate "
        "series serve service several share sheet short should show sign similar simple since single site size small social some "
        "source south special staff stage standard start state station still stock store street strong study subject such supply "
        "support sure surface system table take tariff task teach team technical term test than thank their theory there these "
        "they thing think third those though through ticket time today together total toward town track trade traffic train "
        "transfer travel treat trial type under union unit until upper usual value various vehicle very view village visit voice "
        "volume vote wait warm waste watch water week weight well west what when where whether which while whole wide will wind "
        "winter with within without work world would write year young zone"
    ),
    given=(
        "Alice Amara Anna Ben Carla Chloe Daniel David Elena Emma Farid Grace Hannah Henry Iris Jack James Julia Karl Laura Leo "
        "Liam Lucy Maria Mark Mia Nadia Nina Noah Oliver Omar Oscar Paul Peter Quinn Rosa Ruth Sam Sofia Thomas Victor Wendy Zoe"
    ),
    family=(
        "Adams Baker Bennett Brooks Carter Clarke Cooper Dawson Edwards Evans Fisher Foster Gibson Graham Hughes Irwin Jackson "
        "Jenkins Kelly Knight Lawson Marshall Mitchell Newton O'Brien Palmer Quigley Reynolds Russell Sanders Shaw Turner Vaughn "
        "Walsh Webb Young Zhang Whitfield"
    ),
    places=(
        "Ashford | Bristol | Cedar Falls | Dover | Eastwick | Fairview | Glenwood | Hartford | Ivybridge | Kingston | Lakeside | "
        "Milton | Newport | Oakland | Portland | Queensbury | Riverside | Salem | Taunton | Upton | Westfield | York"
    ),
    streets=(
        "Abbey Road | Bridge Street | Church Lane | Dock Road | Elm Avenue | Forest Drive | Garden Row | High Street | Jubilee "
        "Way | King Street | Market Square | North Parade | Orchard Close | Park Avenue | Queen Street | Station Road | Victoria "
        "Quay"
    ),
    companies=(
        "Northwind Traders | Blue Harbour Ltd. | Oakridge Supplies Inc. | Summit & Sons | Evergreen Foods | Quayside Printing | "
        "Wexford Electric Co. | Zephyr Logistics | Maple Leaf Stationers | Granite Works GmbH | Jade Garden Café | Vista Travel "
        "| "
        "Fox & Partners LLP | Kite Software | Orion Medical | Sterling Tools | Union Dairy | Pixel Forge Studio"
    ),
    titles=(
        "Quarterly report | Offer of services | Change of address | Notice of meeting | Request for information | Renewal of "
        "contract | Confirmation of order | Annual statement | Minutes of the board | Reply to your inquiry | Report on water "
        "quality | Survey of travellers | Energy in public buildings | Plan for the coming year | Review of methods"
    ),
    salutations="Dear {}, | Dear Ms {}, | Dear Mr {}, | Dear colleagues, | To whom it may concern, | Hello {},",
    closings="Yours sincerely, | Kind regards, | Best regards, | Yours faithfully, | With many thanks,",
    products=(
        "Notebook A5 | Desk lamp | Coffee beans 1 kg | Whole milk | Brown bread | USB cable 2 m | Office chair | Copy paper A4 | "
        "Printer toner | Green tea | Olive oil 500 ml | Steel bolts M8 | LED bulb 9 W | Paint, white | Rubber gloves | Apples | "
        "Orange juice | Cheese slices | Pencil set | Hand soap | Wall clock | Extension lead | Dark chocolate | Rice 5 kg | "
        "Consulting, per hour | Repair of pump | Delivery | Annual licence | Training day | Translation services"
    ),
    headings=(
        "Introduction | Background | Methods | Results | Discussion | Conclusions | Summary | Scope | Main findings | Outlook | "
        "Next steps | Costs and benefits | Data and sources | Recommendations | Related work | Limits of the study"
    ),
    figure="Figure {}.",
    continued="Page {} of {} | {} | - {} - | Page {} | {}/{}",
)

_KOREAN = Lexicon(
    words=(
        "가격이 가까운 가능한 각각의 간단한 감사를 강화하고 개발한 개선을 거래처와 건물의 검토한 결과를 결정하였다 경우에는 "
        "경제적 경험을 "
        "계약을 계획에 고객의 공급하는 공동으로 공사를 과정에서 관련된 관리하고 광범위한 교육을 구매한 구체적인 국내 규정에 "
        "그러나 그리고 "
        "근거로 금액은 기간에 기관의 기술을 기업과 기준으로 까다로운 꾸준히 나누어 남은 납부한 내용을 노력이 높은 다양한 다음과 "
        "단계별로 "
        "담당자는 대상으로 대한 도로를 도시의 동안 되었다 따라서 또한 마련하였다 많은 매년 먼저 명확한 모든 목적으로 무료로 "
        "문서를 "
        "문의하여 물품을 민원이 바람직한 반드시 발생한 발표된 방문한 방법을 배송을 변경된 보고서에 보관하고 복잡한 부담을 부서의 "
        "분석한 "
        "불편을 비용을 빠르게 사업을 사용하는 사항을 상담을 새로운 생산한 서비스를 선택할 설명하였다 설치한 성과를 소비자가 "
        "수준으로 수행한 "
        "시설을 시작한 시장에서 시험을 신속하게 신청한 실제로 쓰레기를 안내에 안전한 알려진 약속한 업무를 없는 여러 연구를 열린 "
        "영향을 예방을 "
        "예정이다 올해 완료한 요청에 우수한 운영하며 원활한 위하여 유지하고 의견을 이러한 이번 이용하여 인정된 일정을 자료를 "
        "자세한 작성한 "
        "잘못된 장비를 재활용 적극적으로 전국의 절차에 점검을 정확히 제공한다 제출해야 조사를 종합적인 주요 준비하였다 줄이기 "
        "중요한 증가한 "
        "지난해 지원을 직원들이 진행하고 짧은 차이가 참고하여 참여한 책임을 처리하는 철저한 최근 추가로 충분한 친환경 통하여 "
        "투자를 특별한 "
        "파악하고 판매한 편리하게 평가한 포함한 품질을 필요한 하였다 학교에서 함께 해당하는 행사를 현재 협력하여 확인하고 환경을 "
        "활용하여 회의를 "
        "효율적인 후에 휴일에 희망하는"
    ),
    given=(
        "가은 건우 나연 도윤 동현 래원 민서 민준 범수 빛나 서연 서준 성호 소희 수빈 아름 영숙 예준 우진 유진 은지 재민 정훈 준영 "
        "지우 지훈 채원 태희 하늘 하준 현우 혜진"
    ),
    family="김 이 박 최 정 강 조 윤 장 임 한 오 서 신 권 황 안 송 류 홍 남궁 선우 독고",
    places=(
        "서울특별시 | 부산광역시 | 대구광역시 | 인천광역시 | 광주광역시 | 대전광역시 | 울산광역시 | 수원시 | 청주시 | 전주시 | "
        "창원시 | 제주시 | 강릉시 | 여수시"
    ),
    streets=(
        "세종대로 | 테헤란로 | 중앙로 | 해운대로 | 충장로 | 한빛길 | 꽃재길 | 월드컵로 | 종로 | 을지로 | 퇴계로 | 벚꽃길 | "
        "솔밭길 | 새싹로"
    ),
    companies=(
        "한빛전자 주식회사 | (주)푸른바다 | 새솔출판사 | 대한물류 | 늘봄식품 | 햇살마트 | 튼튼건설(주) | 별빛소프트 | 우리약국 | "
        "꿈나무문구 | "
        "가람상사 | 청명의료재단 | 왕십리떡집 | 갈매기횟집"
    ),
    titles=(
        "업무 협조 요청 | 회의 개최 안내 | 주소 변경 안내 | 계약 갱신에 관한 건 | 견적서 송부의 건 | 정기 점검 결과 보고 | 수질 "
        "조사 보고서 | 내년도 사업 "
        "계획 | 민원 처리 결과 통보 | 교육 참석 요청 | 에너지 절감 방안 | 설문 조사 결과 | 품질 개선 계획"
    ),
    salutations="{} 귀하 | 안녕하십니까, {} 님. | {} 대표님께 | 관계자 여러분께 | 수신자 제위",
    closings="감사합니다. | 끝. | 안녕히 계십시오. | 삼가 올림 | 담당자 드림",
    products=(
        "공책 | 책상 조명 | 원두커피 1kg | 흰우유 | 통밀빵 | 충전 케이블 | 사무용 의자 | 복사용지 A4 | 프린터 토너 | 녹차 | "
        "참기름 | 볼트 M8 | "
        "전구 9W | 흰색 페인트 | 고무장갑 | 사과 | 감귤 주스 | 치즈 | 색연필 | 비누 | 벽시계 | 쌀 20kg | 삼겹살 | 떡볶이 | "
        "컨설팅 | 펌프 수리 | 배송비 | "
        "연간 사용권 | 교육비 | 번역 용역"
    ),
    headings=(
        "서론 | 배경 | 연구 방법 | 결과 | 논의 | 결론 | 요약 | 추진 경과 | 주요 내용 | 향후 계획 | 기대 효과 | 소요 예산 | 현황 "
        "및 문제점 | 개선 방안"
    ),
    figure="그림 {}.",
    continued="{}쪽 | {} | - {} - | {} / {}",
)

_VIETNAMESE = Lexicon(
    words=(
        "ảnh ăn âm ấn ba bài bản bán báo bảo bằng bắt bậc bên bệnh bị biết biểu bình bộ bổ bơi buổi bước cả cách cải cảm cảnh "
        "cao cạnh cáo "
        "cấp cần câu cầu cây chất chậm chế chỉ chia chiếc chiều chính cho chọn chốt chủ chung chuyến chức chương có con cô công "
        "cơ cũ của cũng "
        "cuộc cùng cứ cửa dài dành dân dầu dẫn dễ dịch diện do dự dùng dưới đã đạt đang đào đảng đánh đáp đầu đây đề đến đêm đều "
        "đi địa điểm "
        "điều định đo đó đoàn đối đồng đội động đợt đủ đúng đưa đường được em gạo gần gì giá giải giảm giao giấy giờ giới giữa "
        "giữ gửi hai hàng "
        "hãy hạn hạng hành hết hệ hiện hiểu hình họ hoặc học hỏi hóa hội hôm hồ hợp hơn huyện hướng hữu ích kém kế kết khách "
        "khác khảo khi khó "
        "khoa khoản khỏe không khu khuyến kiểm kiến kinh kỹ kỳ là lại làm lãi lần lẻ lên lịch liên liệu lớn lợi loại lỗi lúa "
        "luật lượng lý mà "
        "mạng mảng máy mặt mẫu mất mẹ miễn mình mở mọi món môi môn mới mua mục mức mười mỹ nào nạp năm nặng nâng nên nếu nền nếp "
        "ngành ngân ngày "
        "ngoài ngủ người nghề nghệ nghỉ nghĩa nghiệm nguồn nguyên nhà nhanh nhân nhận nhập nhất nhiều nhiệt nhỏ nhóm như những "
        "nói nộp nước nữ ở "
        "ổn ông phải phát phân phẩm phần phí phía phép phiếu phòng phối phố phù phục phương qua quá quan quả quản quận quyền "
        "quốc quý ra rằng rất "
        "rõ rồi ruộng rừng sách sai sản sang sau sẽ siêu sinh số sông sở sớm suất sửa sự sức tài tải tại tạo tăng tập tất tế tên "
        "tháng thành thay "
        "thấp thẻ thể theo thế thêm thị thiết thì thỏa thời thu thuế thủ thuật thuộc thực thứ thường tiền tiếp tiết tiêu tiểu "
        "tin tình tính tổ tổng "
        "tối tốt tờ tra trả trách trao trạm trên trẻ tích triển trình trong trở trợ trung trường trước tuần tuổi tuyển từ từng "
        "tự ước và vải vào "
        "vay văn vấn vật vẫn về vệ ví vì việc viện viết vĩnh vốn vụ vùng vườn vượt với xã xanh xây xem xét xe xí xuất xuống xử ý "
        "yên yếu yêu"
    ),
    given=(
        "An Anh Ánh Bảo Bình Cường Châu Chi Dũng Duyên Đạt Đức Giang Hà Hải Hạnh Hiếu Hoa Hùng Hương Khánh Lan Linh Long Mai "
        "Minh Nam Nga Ngọc Nhung Oanh Phúc Phương Quân Quỳnh Sơn Tâm Thảo Thủy Trang Tuấn Tùng Uyên Vân Việt Vũ Xuân Yến"
    ),
    family=(
        "Nguyễn | Trần | Lê | Phạm | Hoàng | Huỳnh | Phan | Vũ | Võ | Đặng | Bùi | Đỗ | Hồ | Ngô | Dương | Lý | Trần Thị | "
        "Nguyễn Văn | Phạm Đình"
    ),
    places=(
        "Hà Nội | Hải Phòng | Đà Nẵng | Cần Thơ | Huế | Nha Trang | Đà Lạt | Vũng Tàu | Biên Hòa | Quy Nhơn | Thái Nguyên | Buôn "
        "Ma Thuột | Mỹ Tho | Bắc Ninh | Phú Thọ"
    ),
    streets=(
        "Lê Lợi | Trần Hưng Đạo | Nguyễn Huệ | Hai Bà Trưng | Điện Biên Phủ | Lý Thường Kiệt | Phạm Ngũ Lão | Võ Thị Sáu | Bạch "
        "Đằng | Hàng Bông | Cách Mạng Tháng Tám | Phố Huế"
    ),
    companies=(
        "Công ty TNHH Ánh Dương | Công ty Cổ phần Biển Xanh | Nhà sách Phương Đông | Siêu thị Hạnh Phúc | Cửa hàng Tấn Lộc | "
        "Quán phở Bà Cụ | Công ty Vận tải Sao Mai | "
        "Xưởng mộc Đức Thịnh | Nhà thuốc Bình Yên | Công ty Phần mềm Lạc Việt | Khách sạn Hoàng Yến | Tiệm bánh Ngọt Ngào"
    ),
    titles=(
        "Báo cáo quý | Thông báo họp | Đề nghị cung cấp thông tin | Thay đổi địa chỉ | Gia hạn hợp đồng | Xác nhận đơn hàng | "
        "Biên bản cuộc họp | Kế hoạch năm tới | "
        "Trả lời công văn | Chất lượng nước sinh hoạt | Khảo sát hành khách | Tiết kiệm năng lượng | Kết quả nghiệm thu"
    ),
    salutations="Kính gửi: {} | Kính thưa ông {}, | Kính thưa bà {}, | Kính gửi quý khách hàng, | Chào anh {},",
    closings="Trân trọng, | Xin chân thành cảm ơn. | Kính thư, | Trân trọng kính chào. | Thân ái,",
    products=(
        "Vở kẻ ngang | Đèn bàn | Cà phê hạt 1 kg | Sữa tươi | Bánh mì | Cáp sạc 2 m | Ghế văn phòng | Giấy in A4 | Hộp mực | Chè "
        "xanh | Nước mắm 500 ml | Bu lông M8 | "
        "Bóng đèn 9 W | Sơn trắng | Găng tay | Táo | Nước cam | Phô mai | Bút chì màu | Xà phòng | Đồng hồ | Gạo 5 kg | Phở bò "
        "tái | Bún chả | Tư vấn | Sửa máy bơm | "
        "Phí vận chuyển | Bản quyền phần mềm | Đào tạo | Dịch thuật"
    ),
    headings=(
        "Mở đầu | Bối cảnh | Phương pháp | Kết quả | Thảo luận | Kết luận | Tóm tắt | Phạm vi | Nội dung chính | Kiến nghị | Các "
        "bước tiếp theo | Chi phí và lợi ích | Nguồn số liệu | Đánh giá chung"
    ),
    figure="Hình {}.",
    continued="Trang {} | {} | - {} - | {}/{}",
)

LEXICONS: Final[dict[Language, Lexicon]] = {"en": _ENGLISH, "ko": _KOREAN, "vi": _VIETNAMESE}
